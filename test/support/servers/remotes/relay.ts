import { createServer, connect, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../ports.ts';

type Direction = 'up' | 'down';
type Trap = { direction: Direction; bytes: number; act: () => void };

/**
 * Stands between rclone and a server, and does to their connections what networks do: counts, slows down, cuts, freezes. A test says
 * after how many bytes something shall happen, so that it happens at the same place on any machine.
 */
export class Relay {
  readonly bytes: Record<Direction, number> = { up: 0, down: 0 };
  /** The first lines of HTTP requests, in their order; of other protocols nothing is known. */
  readonly requests: string[] = [];
  /** Bytes a second in each direction; as fast as it goes when undefined. */
  limit: number | undefined;
  /** While set, the server is not asked: each HTTP request gets this answer. */
  answer: { status: number; type: string; body: string } | undefined;
  #frozen = false;
  #trap: Trap | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(readonly port: number, readonly target: number) {
    this.#server = createServer((client) => { this.#accept(client); });
  }

  static async open(target: number): Promise<Relay> {
    const relay = new Relay(await freePort(), target);
    await new Promise<void>((resolve, reject) => { relay.#server.once('error', reject).listen(relay.port, '127.0.0.1', resolve); });
    relay.#server.unref();
    return relay;
  }

  /** From now on counts from zero. */
  reset(): void {
    Object.assign(this.bytes, { up: 0, down: 0 });
    this.requests.length = 0;
    this.#trap = undefined;
  }

  /** Resolves once so many bytes have passed, counted from now; nothing more passes until what the test does about it is done. */
  async after(direction: Direction, bytes: number, act: () => Promise<void>): Promise<void> {
    this.reset();
    await new Promise<void>((resolve, reject) => {
      this.#trap = {
        direction,
        bytes,
        act: () => {
          this.freeze();
          act().finally(() => { this.cut(); this.thaw(); }).then(resolve, reject);
        },
      };
    });
  }

  freeze(): void { this.#frozen = true; }
  thaw(): void { this.#frozen = false; }

  /** Ends every connection that is open now. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.#keep(client);
    if (this.answer !== undefined) {
      this.#answerAll(client);
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    this.#keep(server);
    this.#pass(client, server, 'up');
    this.#pass(server, client, 'down');
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket));
  }

  #pass(from: Socket, to: Socket, direction: Direction): void {
    let turn = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause();
      turn = turn.then(() => this.#forward(chunk, to, direction)).then(() => { from.resume(); });
    });
    from.on('end', () => { void turn.then(() => to.end()); });
    from.on('close', () => { void turn.then(() => to.destroy()); });
  }

  async #forward(chunk: Buffer, to: Socket, direction: Direction): Promise<void> {
    if (direction === 'up') this.#note(chunk);
    this.bytes[direction] += chunk.length;
    if (this.#trap?.direction === direction && this.bytes[direction] >= this.#trap.bytes) {
      const { act } = this.#trap;
      this.#trap = undefined;
      act();
    }
    if (this.limit !== undefined) await sleep((chunk.length / this.limit) * 1000);
    while (this.#frozen && !to.destroyed) await sleep(20);
    if (!to.destroyed && !to.write(chunk)) await new Promise((resolve) => { to.once('drain', resolve).once('close', resolve); });
  }

  #note(chunk: Buffer): void {
    const line = /^(?:GET|HEAD|PUT|POST|DELETE|PATCH|OPTIONS) \S+(?= HTTP\/1)/.exec(chunk.toString('latin1', 0, 4096))?.[0];
    if (line !== undefined) this.requests.push(line);
  }

  #answerAll(client: Socket): void {
    client.on('data', (chunk: Buffer) => {
      this.#note(chunk);
      const { status, type, body } = this.answer ?? { status: 503, type: 'text/plain', body: '' };
      client.end(`HTTP/1.1 ${status} told by the test\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    });
  }
}
