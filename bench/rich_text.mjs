// Measures npm rich-text on pairs of deltas. In, on stdin: {folder, seconds, rounds, transform: {name: pairs}, compose: {name: pairs}}.
// Out: {transform: {name: pairs per second}, compose: {...}}, the best round.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const { folder, seconds, rounds, ...work } = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(path.join(path.resolve(folder), 'package.json'));
const { type } = require('rich-text');
const Delta = require('quill-delta');

const actions = {
  transform: (client, server) => type.transform(client, server, 'left'),
  compose: (first, second) => type.compose(first, second),
};

function rate(action, pairs) {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    let done = 0, results = 0;
    while (performance.now() - start < seconds * 1000 / rounds) {
      for (const [one, other] of pairs) if (action(one, other)) results++;
      done += pairs.length;
    }
    if (results !== done) throw new Error('rich-text gave no result');
    best = Math.max(best, done / (performance.now() - start) * 1000);
  }
  return best;
}

const figures = {};
for (const [action, workloads] of Object.entries(work)) {
  figures[action] = {};
  for (const [name, pairs] of Object.entries(workloads)) {
    figures[action][name] = rate(actions[action], pairs.map(pair => pair.map(ops => new Delta(ops))));
  }
}
console.log(JSON.stringify(figures));
