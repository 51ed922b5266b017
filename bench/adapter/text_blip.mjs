// A plain text seen as a blip, and edits of the one as operations on the other.
//
// The blip is <body><line/>TEXT</body>; a newline of the text is an empty line element, so it counts
// two items where any other character counts one. Text edits are the harness's: lists of
// number (keep) | string (insert) | {d: n} (delete), counted in characters.

const HEAD = 3; // items before the text: the start of body, and the first line's start and end

const countNewlines = (text, from, to) => {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
};

// The components that insert `text` (write with start, end, chars) or delete it (delstart, delend, delchars).
function written(text, start, end, characters) {
  const components = [];
  text.split('\n').forEach((piece, i) => {
    if (i) components.push({ [start]: ['line', {}] }, { [end]: true });
    if (piece) components.push({ [characters]: piece });
  });
  return components;
}

export const creation = text => [
  { start: ['body', {}] }, { start: ['line', {}] }, { end: true }, ...written(text, 'start', 'end', 'chars'), { end: true },
];

// The text of a blip given as its creating operation.
export function textOf(components) {
  let text = '', lines = 0;
  for (const component of components) {
    if (component.chars !== undefined) text += component.chars;
    else if (component.start && component.start[0] === 'line' && lines++) text += '\n';
  }
  return text;
}

// Translates edits of a text that the caller keeps. It remembers how many newlines there are, and how
// many before the last edit, since the next one is mostly near: so an edit costs its distance, not the text.
export class TextBlip {
  constructor(text) {
    this.newlines = countNewlines(text, 0, text.length);
    this.near = 0;         // a place in the text …
    this.nearNewlines = 0; // … and the newlines before it
  }

  // The operation for `edit` of `text`. A text without newlines need not be given, only its length,
  // when the edit deletes nothing.
  operation(edit, text, length) {
    const components = [];
    let kept = HEAD, at = 0, passed = 0; // items kept and not yet written; place in the text; newlines before it
    const flush = () => { if (kept) components.push({ retain: kept }); kept = 0; };
    for (const part of edit) {
      if (typeof part === 'number') {
        const newlines = this.newlines ? this.newlinesBefore(text, at + part) - passed : 0;
        kept += part + newlines; at += part; passed += newlines;
      } else if (typeof part === 'string') {
        flush(); components.push(...written(part, 'start', 'end', 'chars'));
      } else {
        const gone = text.slice(at, at + part.d);
        flush(); components.push(...written(gone, 'delstart', 'delend', 'delchars'));
        at += part.d; passed += countNewlines(gone, 0, gone.length);
      }
    }
    kept += length - at + this.newlines - passed + 1;
    flush();
    return components;
  }

  // The edit of `text` that an operation on its blip stands for.
  edit(components, text) {
    const edit = [];
    let skip = HEAD, at = 0;
    const push = part => {
      const last = edit[edit.length - 1];
      if (typeof part === 'number' && typeof last === 'number') edit[edit.length - 1] += part;
      else if (typeof part === 'string' && typeof last === 'string') edit[edit.length - 1] += part;
      else if (typeof part === 'object' && typeof last === 'object') last.d += part.d;
      else edit.push(part);
    };
    for (const component of components) {
      if (component.retain) {
        let items = component.retain;
        const head = Math.min(items, skip);
        skip -= head; items -= head;
        const characters = this.newlines ? charactersOf(text, at, items) : items;
        if (characters) push(characters);
        at += characters;
      } else if (component.chars) push(component.chars);
      else if (component.start) push('\n');
      else if (component.delchars) { push({ d: component.delchars.length }); at += component.delchars.length; }
      else if (component.delstart) { push({ d: 1 }); at++; }
      else if (!component.end && !component.delend) throw new Error(`not a text edit: ${JSON.stringify(component)}`);
    }
    if (typeof edit[edit.length - 1] === 'number') edit.pop();
    return edit;
  }

  // To be called with each edit that the text takes; `text` is the one before it.
  applied(edit, text) {
    let at = 0;
    for (const part of edit) {
      if (typeof part === 'number') { at += part; continue; }
      const gone = typeof part === 'object';
      const piece = gone ? (this.newlines ? text.slice(at, at + part.d) : '') : part;
      const newlines = countNewlines(piece, 0, piece.length);
      this.newlines += gone ? -newlines : newlines;
      if (at < this.near) this.near = this.nearNewlines = 0;
      if (gone) at += part.d;
    }
  }

  newlinesBefore(text, place) {
    if (place >= this.near) this.nearNewlines += countNewlines(text, this.near, place);
    else this.nearNewlines -= countNewlines(text, place, this.near);
    this.near = place;
    return this.nearNewlines;
  }
}

function charactersOf(text, from, items) {
  let at = from;
  while (items > 0) {
    items -= at < text.length && text[at] === '\n' ? 2 : 1;
    at++;
  }
  // the retain that ends the operation also covers the end of body
  return Math.min(at, text.length) - from;
}
