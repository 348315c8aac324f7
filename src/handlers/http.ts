/** What an HTTP API of API Gateway hands to a function, as far as it is read here. API Gateway Developer Guide, "Payload format version 2.0". */
export interface HttpEvent {
  readonly routeKey: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  readonly requestContext?: {
    readonly requestId?: string;
    readonly authorizer?: {
      readonly iam?: { readonly userArn?: string | null };
      readonly jwt?: { readonly claims?: Readonly<Record<string, unknown>> };
    };
  };
}

/** What it answers. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A handler of an HTTP API. */
export type HttpHandler = (event: HttpEvent) => Promise<HttpAnswer>;

/** A request that is refused, with the status that says so and a sentence for its sender. */
export class Refusal extends Error {
  constructor(public readonly status: number, public readonly code: string, message: string) {
    super(message);
    this.name = 'Refusal';
  }
}

/** JSON that nobody keeps. */
export function json(statusCode: number, content: object, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { statusCode, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body: JSON.stringify(content) };
}

/** Bytes of the body as they were sent. */
export function bodyOf({ body = '', isBase64Encoded = false }: HttpEvent): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

/** One line of the log: what happened, and nothing of what was signed. */
export function note(facts: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify(facts));
}
