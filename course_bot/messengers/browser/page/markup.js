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
  return whole;
}
