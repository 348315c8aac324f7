import { setTimeout as pause } from 'node:timers/promises';
import { note } from './http';
import { isKeysmithError } from '../runtime';
import { CUSTOM_RESOURCE_ANSWER_BYTES } from '../spec/signing-api';

/** What CloudFormation asks of a custom resource. CloudFormation User Guide, "Custom resource request objects". */
export interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
}

/** What a custom resource is when the request has been served. */
export interface CustomResourceOutcome {
  /** A new one makes CloudFormation delete the old. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` finds. */
  readonly data?: Readonly<Record<string, string>>;
}

/** What the answer goes through, and what waits. Tests bring others. */
export interface CustomResourceSurroundings {
  readonly fetch?: typeof globalThis.fetch;
  readonly sleep?: Sleep;
}

type Serve = (event: CustomResourceEvent) => Promise<CustomResourceOutcome>;
type Sleep = (milliseconds: number) => Promise<unknown>;

/** Serves a request and answers CloudFormation, which otherwise waits for an hour; also where the request failed. */
export function customResource(
  serve: Serve, { fetch: given, sleep = pause }: CustomResourceSurroundings = {},
): (event: CustomResourceEvent) => Promise<void> {
  return async (event) => {
    const fetch = given ?? globalThis.fetch;
    const { StackId, RequestId, LogicalResourceId } = event;
    const answer = { ...await outcomeOf(serve, event, sleep), StackId, RequestId, LogicalResourceId };
    // The URL is signed for a request without a content type: of bytes, fetch sends none.
    const { status } = await fetch(event.ResponseURL, { method: 'PUT', body: Buffer.from(textOf(answer)) });
    if (status >= 300) throw new Error(`CloudFormation took no answer: ${status}`);
  };
}

async function outcomeOf(serve: Serve, event: CustomResourceEvent, sleep: Sleep) {
  try {
    const { physicalId, data } = await untilAllowed(() => serve(event), sleep);
    return { Status: 'SUCCESS', PhysicalResourceId: physicalId, Data: data };
  } catch (error) {
    const { message } = error as Error;
    note({ level: 'ERROR', request: event.RequestType, resource: event.LogicalResourceId, reason: message });
    // Of a creation that failed nothing is to be deleted; some name it must have.
    return { Status: 'FAILED', PhysicalResourceId: event.PhysicalResourceId ?? event.RequestId, Reason: message.slice(0, 1000) };
  }
}

/** Attempts, and milliseconds between them: 31 seconds in all. */
const ATTEMPTS = 6;
const FIRST_WAIT_MS = 1000;

/** A key policy that was written a moment ago is not known everywhere in KMS yet: a refusal is asked for again. KMS Developer Guide, "AWS KMS eventual consistency". */
async function untilAllowed<T>(work: () => Promise<T>, sleep: Sleep): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const denied = isKeysmithError(error) && error.code === 'ERR_KEYSMITH_ACCESS_DENIED';
      if (!denied || attempt === ATTEMPTS) throw error;
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}

function textOf(answer: object): string {
  const text = JSON.stringify(answer);
  const length = Buffer.byteLength(text);
  if (length <= CUSTOM_RESOURCE_ANSWER_BYTES) return text;
  const Reason = `the answer has ${length} bytes, and CloudFormation takes ${CUSTOM_RESOURCE_ANSWER_BYTES}`;
  return JSON.stringify({ ...answer, Status: 'FAILED', Data: undefined, Reason });
}
