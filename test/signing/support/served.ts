import { App, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { HttpAnswer, HttpEvent, HttpHandler } from '../../../src/handlers/http';
import type { Environment } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';
import type { LocalKms, LocalKmsPort } from '../../../src/testing';
import { HERE } from '../../support/deployed';

/** A stack as it would be deployed: the local KMS with its keys and roles, and the functions with their variables. */
export class Served {
  /** @param define makes the constructs of a stack called Shop */
  public static async start(define: (stack: Stack) => void): Promise<Served> {
    const app = new App();
    define(new Stack(app, 'Shop', { env: HERE }));
    return new Served(await startLocalKms({ assembly: app.synth().directory }));
  }

  private constructor(public readonly local: LocalKms) {}

  /** The variables of a function, by the path of its construct. */
  public environmentOf(path: string): Environment {
    const found = this.local.deployments.flatMap((deployment) => deployment.resources('AWS::Lambda::Function')).find((resource) => resource.path === `${path}/Resource`);
    if (!found) throw new Error(`no function at '${path}'`);
    return (found.properties.Environment as { Variables: Environment }).Variables;
  }

  /** KMS as the role of a function reaches it. */
  public portOf(path: string): LocalKmsPort {
    return this.local.port(`${path}Role`);
  }

  /** What the role of a function was answered, call by call. */
  public get calls(): string[] {
    return this.local.requests.summary().map(({ operation }) => operation);
  }
}

/** A request as API Gateway hands it over. */
export function request(routeKey: string, more: Omit<HttpEvent, 'routeKey'> = {}): HttpEvent {
  return { routeKey, headers: {}, requestContext: { requestId: 'r-1', authorizer: { iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/Backend/i-0a1b' } } }, ...more };
}

/** One with a JSON body. */
export const posted = (path: string, body: unknown, more: Omit<HttpEvent, 'routeKey'> = {}): HttpEvent => (
  request(`POST ${path}`, { body: typeof body === 'string' ? body : JSON.stringify(body), ...more })
);

/** One with bytes for a body. */
export const bytesTo = (path: string, bytes: Uint8Array): HttpEvent => request(`POST ${path}`, { body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true });

/** Asks, and reads the JSON of the answer. */
export async function ask(handler: HttpHandler, event: HttpEvent): Promise<HttpAnswer & { readonly json: any }> {
  const answer = await handler(event);
  return { ...answer, json: /json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(answer.body) : undefined };
}

export const pathOf = (construct: IConstruct): string => construct.node.path;
