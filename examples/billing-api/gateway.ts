import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What clients call the API, and what API Gateway tells the function. */
export const HOST = 'billing.example';

/** What a function answers. */
export interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Makes an event of a request, and a response of an answer, as an HTTP API does (format 2.0). */
export class Gateway {
  private readonly server = createServer((request, response) => void this.serve(request, response));

  constructor(private readonly run: (event: object) => Promise<Answer>) {}

  /** Somebody between the API and its clients: answers with something else. */
  public between: (answer: Answer, path: string) => Answer = (answer) => answer;

  public get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async open(): Promise<this> {
    await new Promise<void>((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    return this;
  }

  public close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async serve({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(url!, `https://${HOST}`);
    const requestContext = { domainName: HOST, stage: '$default', http: { method, path: pathname } };
    try {
      const answer = await this.run({ version: '2.0', rawPath: pathname, rawQueryString: search.slice(1), headers, requestContext });
      const { statusCode, headers: fields, body } = this.between(answer, pathname);
      response.writeHead(statusCode, fields).end(body);
    } catch (error) {
      // API Gateway does not tell clients why.
      console.error(error);
      response.writeHead(500).end('{"message":"Internal Server Error"}');
    }
  }
}
