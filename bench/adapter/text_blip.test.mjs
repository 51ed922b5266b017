// node --test bench/adapter/text_blip.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextBlip, creation, textOf } from './text_blip.mjs';

let seed = 7;
const random = n => { seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff; return (seed >> 8) % n; };
const someText = n => Array.from({ length: random(n) }, () => 'ab\nc\n'[random(5)]).join('');

function someEdit(text) {
  const edit = [];
  for (let at = 0; at < text.length;) {
    const n = 1 + random(text.length - at);
    const kind = random(3), last = edit[edit.length - 1];
    if (kind === 0 && typeof last !== 'object') { edit.push({ d: n }); at += n; }
    else if (kind === 1 && typeof last !== 'string') edit.push(someText(4) || 'x');
    else if (typeof last !== 'number') { edit.push(n); at += n; }
  }
  if (typeof edit[edit.length - 1] === 'number') edit.pop();
  return edit;
}

function applied(text, edit) {
  let out = '', at = 0;
  for (const part of edit) {
    if (typeof part === 'number') { out += text.slice(at, at + part); at += part; }
    else if (typeof part === 'string') out += part;
    else at += part.d;
  }
  return out + text.slice(at);
}

const items = components => components.flatMap(c => (c.chars ? [...c.chars] : [JSON.stringify(c)]));

function itemsAfter(before, operation) {
  const out = [];
  let at = 0;
  for (const c of operation) {
    if (c.retain) { out.push(...before.slice(at, at + c.retain)); at += c.retain; }
    else if (c.delchars) { assert.equal(before.slice(at, at + c.delchars.length).join(''), c.delchars); at += c.delchars.length; }
    else if (c.delstart || c.delend) at++;
    else out.push(...items([c]));
  }
  assert.equal(at, before.length, 'an operation walks its whole document');
  return out;
}

test('an edit, as an operation on the blip, gives the edited text', () => {
  for (let round = 0; round < 2000; round++) {
    let text = someText(12);
    const blip = new TextBlip(text);
    for (let step = 0; step < 4; step++) {
      const edit = someEdit(text);
      const operation = blip.operation(edit, text, text.length);
      const after = applied(text, edit);
      assert.deepEqual(itemsAfter(items(creation(text)), operation), items(creation(after)));
      assert.equal(applied(text, blip.edit(operation, text)), after);
      blip.applied(edit, text);
      text = after;
    }
    assert.equal(textOf(creation(text)), text);
  }
});
