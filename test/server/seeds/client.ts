// A client of a seed: does what its plan says, and judges what it gets. Each answer must be whole and carry the id and the
// bytes of the request whose turn it is; or the connection has ended.

import { MessageReader, type ResponseHead } from '../../../src/http/index.ts';
import type { SimClient, SimKernel } from '../../../src/kernel/sim/index.ts';
import type { Style } from './app.ts';
import { type Kind, type Plan, type PlannedClient, type PlannedRequest, pattern } from './plan.ts';

export const ADDRESS = { family: 'inet', host: '127.0.0.1', port: 80 } as const;
/** Milliseconds after which a client gives up: longer than all deadlines of the server. */
const MOST_PATIENCE = 150_000;
/** How long it waits for 100 Continue before it sends the body all the same. */
const CONTINUE_PATIENCE = 200;

export class SeedClient {
  readonly plan: PlannedClient;
  readonly complaints: string[] = [];
  readonly #run: Plan;
  readonly #style: Style;
  readonly #kernel: SimKernel;
  readonly #start: number;
  readonly #reader = MessageReader.ofResponses();
  /** Ids of requests that came to the app of a server that stops: their answers must say so. */
  readonly #late: ReadonlySet<string>;
  readonly #onDone: () => void;
  #sim: SimClient | undefined;
  #sent = 0;
  /** Of the request that is being sent: its body waits for 100 Continue. */
  #holdsBody = false;
  #asked = 0;
  #answered = 0;
  #head: ResponseHead | undefined;
  #body: Buffer[] = [];
  #paused = false;
  /** The server has said that no further answer comes. */
  #closing = false;
  #mayHaveMore = false;
  #nonsenseSent = false;
  /** The server has ended the connection: an answer that is not whole says so by that. */
  #over = false;
  #departed = false;
  /** Requests that were answered as is due to them: with all they asked for, or with the failure they asked for. */
  served = 0;
  /** What the connection was at when the network forgot it. */
  cutWhile: 'idle' | 'answering' | undefined;
  done = false;

  constructor(
    kernel: SimKernel,
    run: Plan,
    style: Style,
    plan: PlannedClient,
    late: ReadonlySet<string>,
    onDone: () => void,
  ) {
    this.#kernel = kernel;
    this.#start = kernel.monotonic();
    this.#late = late;
    this.#run = run;
    this.#style = style;
    this.plan = plan;
    this.#onDone = onDone;
    kernel.after(plan.arrival, () => this.#connect());
  }

  // ── What it does ─────────────────────────────────────────────────────────────────────────────────────────────

  #connect(): void {
    const { plan } = this;
    this.#sim = this.#kernel.client(ADDRESS, {
      ...(plan.pace !== undefined && { pace: plan.pace }),
      onOpen: () => this.#begin(),
      onData: (_, chunk) => this.#receive(chunk),
      onEnd: () => this.#ended(),
      onError: () => this.#ended(),
    });
    this.#kernel.after(MOST_PATIENCE, () => this.#depart('close'));
    if (plan.departure === 'resetting') this.#kernel.after(plan.patience, () => this.#depart('reset'));
    if (plan.departure === 'closing early') this.#kernel.after(plan.patience, () => this.#depart('close'));
    if (plan.departure === 'cut off') this.#kernel.after(plan.patience, () => this.#cutOff());
  }

  #begin(): void {
    const { manner, requests } = this.plan;
    if (manner === 'sequential') {
      this.#sendNext();
      return;
    }
    const all = requests.map(({ head, body }) => head + body).join('');
    this.#sent = requests.length;
    if (manner === 'pipelined') {
      this.#sim!.send(all);
      this.#afterLast();
    } else this.#sendPieces(all);
  }

  #sendPieces(text: string): void {
    if (this.#departed) return;
    const size = 1 + ((text.length * 7) % 97);
    this.#sim!.send(text.slice(0, size));
    if (text.length > size) this.#kernel.after(size % 5, () => this.#sendPieces(text.slice(size)));
    else this.#afterLast();
  }

  #sendNext(): void {
    const request = this.plan.requests[this.#sent];
    if (request === undefined || this.#departed) return;
    this.#sent++;
    this.#holdsBody = request.expects;
    this.#sim!.send(request.expects ? request.head : request.head + request.body);
    if (request.expects) this.#kernel.after(CONTINUE_PATIENCE, () => this.#sendBody(request));
    else if (this.#sent === this.plan.requests.length) this.#afterLast();
  }

  /** What comes next, after a while in which the connection is idle. */
  #rest(next: () => void): void {
    if (this.plan.rest === 0) next();
    else this.#kernel.after(this.plan.rest, next);
  }

  #sendBody(request: PlannedRequest): void {
    if (!this.#holdsBody || this.plan.requests[this.#sent - 1] !== request || this.#departed) return;
    this.#holdsBody = false;
    this.#sim!.send(request.body);
    if (this.#sent === this.plan.requests.length) this.#afterLast();
  }

  #afterLast(): void {
    if (this.plan.departure === 'half-closing') this.#sim!.shutdown();
    if (this.plan.departure === 'talking nonsense') {
      this.#nonsenseSent = true;
      this.#sim!.send(this.plan.nonsense).shutdown();
    }
  }

  #depart(how: 'close' | 'reset'): void {
    if (this.#departed) return;
    this.#departed = true;
    if (how === 'close') this.#sim!.close();
    else this.#sim!.reset();
    this.done = true;
    this.#onDone();
  }

  /** The network forgets the connection: whoever speaks next on either side is reset, and both know at once. */
  #cutOff(): void {
    if (this.#departed) return;
    this.cutWhile = this.#answered === this.#sent ? 'idle' : 'answering';
    this.#sim!.socket?.breakConnection();
  }

  // ── What it gets ─────────────────────────────────────────────────────────────────────────────────────────────

  #receive(chunk: Uint8Array): void {
    const { pause } = this.plan;
    const sim = this.#sim!;
    if (pause !== undefined && !this.#paused && sim.receivedBytes >= pause.at) {
      this.#paused = true;
      sim.pause();
      this.#kernel.after(pause.ms, () => {
        if (!this.#departed) sim.resume();
      });
    }
    this.#reader.receive(chunk);
    this.#read();
  }

  #read(): void {
    while (!this.done) {
      // A response can't be read before its request is known; nonsense is answered as a GET.
      if (this.#asked === this.#answered) {
        this.#reader.asked(this.plan.requests[this.#asked]?.method ?? 'GET');
        this.#asked++;
      }
      const event = this.#reader.next();
      if (event.type === 'need-data') return;
      if (event.type === 'closed') {
        const rest = this.#reader.rest();
        if (rest.length > 0 && !this.#mayHaveMore)
          this.#complain(`got more behind the last answer: ${Buffer.from(rest).toString('latin1')}`);
        return;
      }
      if (event.type === 'head') this.#onHead(event.head);
      else if (event.type === 'data') this.#body.push(Buffer.from(event.bytes));
      else if (event.type === 'end') this.#onAnswer();
      else if (this.#over) return;
      else {
        this.#complain(`got no HTTP: ${JSON.stringify(event)}`);
        this.#depart('close');
      }
    }
  }

  #onHead(head: ResponseHead): void {
    const request = this.plan.requests[this.#answered];
    if (!head.interim) {
      this.#head = head;
      return;
    }
    if (head.status !== 100 || request?.expects !== true)
      this.#complain(`got ${head.status} and had not asked for it`);
    else if (this.#sent === this.#answered + 1) this.#sendBody(request);
  }

  #onAnswer(): void {
    const head = this.#head!;
    const body = Buffer.concat(this.#body).toString('latin1');
    const request = this.plan.requests[this.#answered];
    this.#head = undefined;
    this.#body = [];
    this.#answered++;
    this.#closing = !head.keepAlive;
    // A head that was cut short is no HEAD request yet: what refuses it has a body.
    this.#mayHaveMore = request?.method === 'HEAD' && head.status === 400;
    if (request === undefined || this.#answered > this.#sent) this.#judgeRefusal(head);
    else this.#judge(request, head, body);

    // Whatever was not sent of this request must not follow it: there it would pass for another.
    if (this.#holdsBody && !this.#closing)
      this.#complain(`${request?.id} was answered without 100 Continue, and the connection kept`);
    const over = this.#answered >= this.plan.requests.length && !this.#nonsenseSent;
    if (over && this.plan.departure !== 'talking nonsense') this.#rest(() => this.#depart('close'));
    else if (this.plan.manner === 'sequential' && !this.#closing) this.#rest(() => this.#sendNext());
  }

  #judge(request: PlannedRequest, head: ResponseHead, body: string): void {
    const { id, kind } = request;
    if (head.keepAlive && this.#late.has(id)) this.#complain(`${id} was not told that the server stops`);
    if (head.status >= 400) {
      if (!this.#mayFail(request, head.status))
        this.#complain(`${id} was answered with ${head.status}: ${body}`);
      if (head.get('x-id') !== undefined) this.#complain(`${id}: an error has an id`);
      if (head.status === 500) this.served++;
      return;
    }
    if (head.status !== 200) this.#complain(`${id} was answered with ${head.status}`);
    if (head.get('x-id') !== id) this.#complain(`${id} got the answer of ${head.get('x-id')}`);
    this.served++;
    if (kind === 'throw' || kind === 'reject') this.#complain(`${id} threw and was answered with 200`);
    const expected = request.method === 'HEAD' ? '' : pattern(id, request.size);
    if (kind === 'broken' && request.method !== 'HEAD')
      this.#complain(`${id} was broken, and came as if whole`);
    else if (body !== expected)
      this.#complain(
        `${id} has ${body.length} bytes instead of ${expected.length}, or others: ${body.slice(0, 60)}`,
      );
  }

  /** Statuses that a request may meet for what it is, what its client did, or how busy the server is. */
  #mayFail(request: PlannedRequest, status: number): boolean {
    const { settings, faults, calm } = this.#run;
    const { kind } = request;
    if (status === 500) return kind === 'throw' || kind === 'reject' || this.#mayHaveAborted(kind);
    if (status === 413) return request.size > settings.limitRequestBody && this.#closing;
    if (!this.#closing) return false;
    const { pace, finished } = this.#sim!;
    const slow = pace !== undefined || faults.smallBuffers + faults.slowPeer > 0;
    if (status === 408) return slow;
    if (calm) return false;
    // The network may have half-closed it within a request.
    if (status === 400) return finished;
    return status === 503 && (settings.maxInFlight < 100 || settings.handlerTimeout > 0);
  }

  /** As on Node, reading a body fails once the client has half-closed, if only by a moment. */
  #mayHaveAborted(kind: Kind): boolean {
    return kind === 'text' && this.#style === 'node' && this.#sim!.finished;
  }

  /** What is no request is answered with an error at most, and then nothing more. */
  #judgeRefusal(head: ResponseHead): void {
    const cutShort = this.#sim!.finished && head.status === 400;
    if (!(this.#nonsenseSent || cutShort) || head.status < 400 || head.status > 505)
      this.#complain(`got an answer that no request asked for: ${head.status}`);
    if (head.keepAlive) this.#complain(`nonsense was answered with ${head.status}, and the connection kept`);
  }

  #ended(): void {
    this.#over = true;
    // Only a FIN can end an answer that has no other end.
    if (this.#sim!.error === 0) this.#reader.endOfInput();
    this.#read();
    if (this.done) return;
    this.#judgeEnd();
    this.#depart('close');
  }

  /** The server has ended the connection: what it was asked is answered by then, or there is something that explains it. */
  #judgeEnd(): void {
    const { requests } = this.plan;
    const next = requests[this.#answered];
    const previous = requests[this.#answered - 1];
    if (next === undefined || (this.#closing && this.#mayClose(previous))) return;
    // Of these the body may turn out too large when the answer is on its way, or there.
    if (this.#isTooLarge(next) || (previous !== undefined && this.#isTooLarge(previous))) return;
    if (next.kind === 'broken' || this.#mayBeGivenUp() || this.#mayBeEnded()) return;
    this.#complain(`${next.id} was not answered (${this.#sim!.error === 0 ? 'FIN' : 'reset'})`);
  }

  /** Whether the answer to a request may say that no further one comes. */
  #mayClose(request: PlannedRequest | undefined): boolean {
    if (request === undefined || request.last || !this.#run.calm) return true;
    // A body that was not asked for may come all the same; and HTTP/1.0 ends an answer in pieces by closing.
    return request.expects || request.head.includes(' HTTP/1.0\r\n');
  }

  #isTooLarge({ kind, size }: PlannedRequest): boolean {
    return (kind === 'echo' || kind === 'ignore') && size > this.#run.settings.limitRequestBody;
  }

  /** Whether the server no longer waits for it to take its answer, or to send what it is to have answered. */
  #mayBeGivenUp(): boolean {
    const { faults, settings } = this.#run;
    const { pace, finished } = this.#sim!;
    // It reads too little, or nothing, or is far away with a window of a few bytes.
    if (pace !== undefined || (this.plan.pause?.ms ?? 0) > settings.writeTimeout) return true;
    if (faults.slowPeer > 0 && faults.smallBuffers > 0) return true;
    // To an app of node:http a client that half-closes has gone, and an answer in pieces is cut.
    return this.#style === 'node' && finished;
  }

  /** Whether the network or an order to stop may have ended the connection. */
  #mayBeEnded(): boolean {
    const { faults, stopAt } = this.#run;
    const { error, finished } = this.#sim!;
    if (error !== 0) {
      if (this.cutWhile !== undefined || faults.reset > 0) return true;
      if (this.#answered === 0 && faults.aborted > 0) return true;
      // Where only a reset can tell that an answer is broken, those on their way before it are lost with it.
      const left = this.plan.requests.slice(this.#answered);
      if (left.some(({ kind, head }) => kind === 'broken' && head.includes(' HTTP/1.0\r\n'))) return true;
    }
    // Its FIN may have come before its requests were out.
    if (finished && faults.halfClose > 0) return true;
    return stopAt !== undefined && this.#kernel.monotonic() - this.#start >= stopAt;
  }

  /** Called when the run is over. */
  judge(): void {
    if (!this.done) this.#complain('was left waiting');
  }

  #complain(what: string): void {
    this.complaints.push(what);
  }
}
