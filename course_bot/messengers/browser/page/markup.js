// @ts-check
/** Build what the server wrote, out of three tags that it may use and nothing else. */

const TOKEN = /<(\/?)(b|i|code)>|&(lt|gt|amp|quot|#39|#x27);/g;

/** @type {Record<string, string>} */
const ENTITIES = { lt: "<", gt: ">", amp: "&", quot: '"', "#39": "'", "#x27": "'" };

/**
 * Turn the HTML subset into nodes; whatever is not of the subset stays text.
 * @param {string} source
 * @returns {DocumentFragment}
 */
export function build(source) {
  const whole = document.createDocumentFragment();
  /** @type {Node[]} */
  const open = [whole];
  const top = () => open[open.length - 1];
  let read = 0;
  for (const token of source.matchAll(TOKEN)) {
    const [all, closing, tag, entity] = token;
    top().appendChild(document.createTextNode(source.slice(read, token.index)));
    read = token.index + all.length;
    if (entity) {
      top().appendChild(document.createTextNode(ENTITIES[entity]));
    } else if (!closing) {
      open.push(top().appendChild(document.createElement(tag)));
    } else if (open.length > 1 && top().nodeName.toLowerCase() === tag) {
      open.pop();
    }
  }
  top().appendChild(document.createTextNode(source.slice(read)));
  whole.normalize();
  nameTongues(whole);
  return whole;
}

/**
 * Let an element be read out in the language that most of it is written in.
 * @param {HTMLElement} element
 */
export function nameTongue(element) {
  const own = tongue(element);
  if (own) element.lang = own;
}

/**
 * Tell in which of our languages a text is, by the letters that most of it is written in.
 * @param {...Node} nodes
 * @returns {"ru" | "en" | ""} nothing where it has no letters
 */
function tongue(...nodes) {
  const text = nodes.map((node) => node.textContent).join("");
  const russian = text.match(/[а-яё]/gi)?.length ?? 0;
  const english = text.match(/[a-z]/gi)?.length ?? 0;
  if (!russian && !english) return "";
  return russian >= english ? "ru" : "en";
}

/**
 * Let lines in another language than most of the text be read out in their own.
 * @param {DocumentFragment} whole
 */
function nameTongues(whole) {
  const most = tongue(whole);
  /** @type {ChildNode[]} */
  let line = [];
  const end = () => {
    const own = tongue(...line);
    if (own && own !== most) {
      const spoken = document.createElement("span");
      spoken.lang = own;
      line[0].before(spoken);
      spoken.append(...line);
    }
    line = [];
  };
  for (const node of [...whole.childNodes]) {
    /** @type {ChildNode} */
    let rest = node;
    while (rest instanceof Text && rest.data.includes("\n")) {
      const next = rest.splitText(rest.data.indexOf("\n") + 1);
      line.push(rest);
      end();
      rest = next;
    }
    line.push(rest);
  }
  end();
}

/** A command: its name behind a slash that nothing but a space, a bracket or a quote stands before. */
const COMMAND = /(^|[\s(«“"])(\/[a-z]+)(?![\w/])/;

/**
 * Let the commands in a text be tapped.
 * @param {Node} root
 * @param {(name: string) => HTMLElement | null} tappable makes what stands in a command's place
 */
export function offerCommands(root, tappable) {
  for (const node of [...root.childNodes]) {
    if (node instanceof Text) offerIn(node, tappable);
    else if (node.nodeName !== "CODE") offerCommands(node, tappable);
  }
}

/**
 * @param {Text} text
 * @param {(name: string) => HTMLElement | null} tappable
 */
function offerIn(text, tappable) {
  const found = COMMAND.exec(text.data);
  if (!found) return;
  const command = text.splitText(found.index + found[1].length);
  const rest = command.splitText(found[2].length);
  const made = tappable(found[2].slice(1));
  if (made) command.replaceWith(made);
  offerIn(rest, tappable);
}
