import { membersOf, outputOf } from './body';
import type { Members } from './body';

/** What came back over HTTP. */
export interface Answer {
  /** Of a call that succeeded. */
  readonly members?: Reply;
  /** Of one that did not. */
  readonly error?: Error;
  /** The server's clock, in milliseconds since the epoch; NaN if it does not tell. */
  readonly date: number;
}

/** Members of an output. */
export type Reply = Members & { readonly $metadata: AnswerMetadata };

/** `$metadata` of replies and errors, as the AWS SDK has it. */
export interface AnswerMetadata {
  /** Absent where the status is not KMS's: a proxy said 200 to something else. */
  readonly httpStatusCode?: number;
  readonly requestId?: string;
  readonly attempts: number;
}

/** What the AWS SDK calls an error without a name. */
const UNKNOWN = 'Unknown';

/** More than the longest reply: a page of 1,000 grants, each with its constraints. */
const MAX_BYTES = 4_194_304;

/** Reads an answer to its end. @throws what the connection, or whoever aborts it, throws; an error for a body without end */
export const readAnswer = async (response: Response, attempts: number): Promise<Answer> => {
  const { status, headers } = response;
  const body = await textOf(response);
  const members = membersOf(body);
  const isKms = members || status >= 300;
  const $metadata = { ...(isKms && { httpStatusCode: status }), requestId: headers.get('x-amzn-requestid') ?? undefined, attempts };
  const date = Date.parse(headers.get('date') ?? '');
  if (members && status < 300) return { members: { ...outputOf(members), $metadata }, date };
  return { error: errorOf(response, body, members, $metadata), date };
};

/** An error as the AWS SDK has it: named by its code, with KMS's own sentence. What a proxy says instead may be anything, or nothing: only its kind is told. */
const errorOf = ({ status, headers }: Response, body: string, members: Members | undefined, $metadata: AnswerMetadata): Error => {
  // `com.amazonaws.kms#NotFoundException`, `NotFoundException:http://…`
  const code = `${members?.__type ?? headers.get('x-amzn-errortype') ?? members?.code ?? UNKNOWN}`;
  const name = code.split(/[:,]/)[0].split('#').at(-1);
  const message = name === UNKNOWN
    ? `status ${status}, ${body.length} characters of ${headers.get('content-type')?.slice(0, 60) ?? 'no type'}, not of KMS`
    : `${members?.message ?? members?.Message ?? UNKNOWN}`;
  return Object.assign(new Error(message), { name, $fault: $metadata.httpStatusCode! < 500 ? 'client' : 'server', $metadata });
};

const textOf = async ({ body }: Response): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`an answer of more than ${MAX_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
};
