import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands in for KMS says: an answer, or whatever it does to the connection. */
export type Reply = Answer | ((response: ServerResponse) => void);

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What came. */
export interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A host on loopback that says what it is told to, and keeps what it hears. The last reply is said again and again. */
export class Replay {
  public static async start(): Promise<Replay> {
    const replay = new Replay();
    await new Promise<void>((resolve) => replay.server.listen(0, '127.0.0.1', resolve));
    return replay;
  }

  public received: Received[] = [];
  private replies: Reply[] = [{}];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.received.push({ url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      const reply = this.replies.length > 1 ? this.replies.shift()! : this.replies[0];
      if (typeof reply === 'function') reply(response);
      else response.writeHead(reply.status ?? 200, { 'content-type': 'application/x-amz-json-1.1', ...reply.headers }).end(reply.body ?? '{}');
    });
  });

  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on it says these, one a request, and has heard nothing. */
  public says(...replies: Reply[]): void {
    this.received = [];
    this.replies = replies;
  }

  public async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
