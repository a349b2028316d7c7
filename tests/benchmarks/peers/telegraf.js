// telegraf and better-sqlite3: the same work as the Python peers, in Node.

const fs = require("node:fs");
const http = require("node:http");
const Database = require("better-sqlite3");
const { Telegraf } = require("telegraf");

const walk = JSON.parse(fs.readFileSync(process.env.PEER_WALK, "utf8"));
const database = new Database(process.env.PEER_DATABASE);
database.exec(process.env.PEER_SCHEMA);
database.pragma("synchronous = FULL");
const load = database.prepare("SELECT place FROM learner WHERE id = ?");
const enter = database.prepare("INSERT INTO learner VALUES (?, ?, ?)");
const note = database.prepare("INSERT INTO answer VALUES (?, ?, ?, ?, ?)");
const move = database.prepare("UPDATE learner SET place = ?, seen_at = ? WHERE id = ?");

const turn = database.transaction((learner, id, said) => {
  const at = new Date().toISOString();
  const row = load.get(learner);
  const place = row ? row.place + 1 : 0;
  note.run(learner, id, place, said, at);
  if (row) move.run(place, at, learner);
  else enter.run(learner, place, at);
  return place;
});

const screen = (place) => {
  const { shown, keyboard } = walk[place % walk.length];
  const extra = {
    parse_mode: "HTML",
    link_preview_options: { is_disabled: true },
    reply_markup: { inline_keyboard: keyboard.map((row) => row.map((button) => ({ ...button }))) },
  };
  return [shown, extra];
};

const bot = new Telegraf(process.env.PEER_TOKEN, { telegram: { apiRoot: process.env.PEER_API } });
// Over plain HTTP telegraf drops its agent, and would open a connection for each call.
bot.telegram.options.agent = new http.Agent({ keepAlive: true });

bot.on("callback_query", async (ctx) => {
  const query = ctx.callbackQuery;
  const place = turn.immediate(query.from.id, query.id, query.data);
  await Promise.all([ctx.editMessageText(...screen(place)), ctx.answerCbQuery()]);
});
bot.on("message", async (ctx) => {
  const { chat, message_id: id, text } = ctx.message;
  await ctx.reply(...screen(turn.immediate(chat.id, `message ${id}`, text)));
});
bot.launch();
