// Groundswell's WebSocket protocol (docs/protocol.md) for the load generator of the shared bench.
// The document is one blip of one wavelet; everybody is the same user, by bearer token.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import { TextBlip, creation, textOf } from './text_blip.mjs';

// The generator that imports this file is in the harness: its modules are beside it.
const harness = name => import(new URL(name, pathToFileURL(process.argv[1])).href);
const { OTClient } = await harness('ot_client.mjs');
const { now } = await harness('ledger.mjs');
const WebSocket = createRequire(path.join(process.env.BENCH_HOME, 'js', 'package.json'))('ws');

const BLIP = 'b+1';
const MANIFEST = [{ start: ['conversation', {}] }, { start: ['blip', { id: BLIP }] }, { end: true }, { end: true }];

let clients = 0;

export default class GroundswellClient extends OTClient {
  constructor(options) {
    super({ ...options, side: 'left' }); // the submission is transform()'s client: its insertions go first
    this.wave = `localhost/w+${this.doc}`;
    this.wavelet = `${this.wave}/~/conv+root`;
    this.me = `${process.pid}-${clients++}`;
    this.submissions = 0;
  }

  open({ create = false, seed = '' } = {}) {
    return new Promise((resolve, reject) => {
      const ws = this.ws = new WebSocket(this.url + '/socket', 'wave.v1', {
        perMessageDeflate: false, headers: { Authorization: `Bearer ${this.extra.token}` },
      });
      this.opening = { create, seed, resolve, reject };
      ws.on('error', reject);
      ws.on('close', (code, reason) => { if (!this.closing) this.fail(`closed: ${code} ${reason}`); });
      ws.on('open', () => this.send({ type: 'open', id: 1, wave: this.wave }));
      ws.on('message', data => this.receive(JSON.parse(data)));
    });
  }

  receive(message) {
    switch (message.type) {
      case 'delta': return this.delta(message);
      case 'ack': return this.acknowledged(message);
      case 'opened': return this.opening?.create ? this.createWavelet() : undefined;
      case 'snapshot': return this.opening && !this.opening.create ? this.live(message, textOf(message.documents[BLIP])) : undefined;
      case 'error': return this.fail(JSON.stringify(message));
    }
  }

  createWavelet() {
    const hash = Buffer.from(`wave://${this.wave}/conv+root`).toString('base64url');
    this.submit(0, hash, [
      { add: this.extra.address }, { doc: 'conversation', op: MANIFEST }, { doc: BLIP, op: creation(this.opening.seed) },
    ]);
  }

  live(message, text) {
    const { resolve } = this.opening;
    this.opening = null;
    this.at(message);
    this.setText(text);
    this.serverLength = text.length;
    this.blip = new TextBlip(text);
    if (!this.full && this.blip.newlines) throw new Error('a client without the text cannot place newlines');
    resolve(this);
  }

  acknowledged(message) {
    if (this.opening) return this.live(message, this.opening.seed);
    this.at(message);
    // only the ack tells where the delta landed, which is its name for everybody
    this.ledger.sent(this.doc + message.at, this.inTimes);
    this.took(this.inflight);
    this.acked();
  }

  delta(message) {
    if (message.at !== this.version) this.fail(`a gap: at ${this.version} came ${message.at}`);
    this.at(message);
    for (const operation of message.ops) {
      if (operation.doc !== BLIP) continue;
      const edit = this.blip.edit(operation.op, this.serverText);
      this.took(edit);
      this.remote(edit);
    }
    this.ledger.delivered(this.doc + message.at, now());
  }

  // Before OTClient moves serverText on.
  took(edit) {
    this.blip.applied(edit, this.serverText);
    for (const part of edit) {
      if (typeof part === 'string') this.serverLength += part.length;
      else if (typeof part === 'object') this.serverLength -= part.d;
    }
  }

  sendOp(edit) {
    this.submit(this.version, this.hash, [{ doc: BLIP, op: this.blip.operation(edit, this.serverText, this.serverLength) }]);
  }

  submit(at, hash, ops) {
    const id = ++this.submissions + 1;
    this.send({ type: 'submit', id, wavelet: this.wavelet, key: `${this.me}-${id}`, at, hash, ops });
  }

  at({ version, hash }) { this.version = version; this.hash = hash; }
  send(message) { this.ws.send(JSON.stringify(message)); }
  close() { this.closing = true; this.ws.close(); }

  fail(what) {
    const error = new Error(`${this.wavelet}: ${what}`);
    if (!this.opening) throw error; // the run is worth nothing: end it
    this.opening.reject(error);
  }
}
