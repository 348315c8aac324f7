import { KMS } from '@aws-sdk/client-kms';
import { fetchKms } from '../../../src/runtime';
import type { LocalKms, SessionOptions } from '../../../src/testing';

/** Any operation of the API, however it gets there. */
export type Call = (operation: string, input?: Record<string, unknown>) => Promise<Record<string, any>>;

/** A way to reach the local KMS as a principal. */
export type Transport = (local: LocalKms, principal: string, session?: SessionOptions) => Call;

const clients: KMS[] = [];

/** A client of the SDK that tries once: a second attempt would hide what the first one met. */
export function sdkClient(local: LocalKms, principal: string, session?: SessionOptions, options: { maxAttempts?: number } = {}): KMS {
  const client = new KMS({ maxAttempts: 1, ...local.clientConfig(principal, session), ...options });
  clients.push(client);
  return client;
}

/** To be called when a suite ends: open sockets keep the process alive. */
export function destroyClients(): void {
  for (const client of clients.splice(0)) client.destroy();
}

const overHttp: Transport = (local, principal, session) => {
  const client = sdkClient(local, principal, session) as unknown as Record<string, (input: unknown) => Promise<Record<string, any>>>;
  return (operation, input = {}) => client[operation[0].toLowerCase() + operation.slice(1)](input);
};

/** Signed and read by code that shares nothing with the local KMS's. */
const byFetch: Transport = (local, principal, session) => {
  const kms = fetchKms({ maxAttempts: 1, ...local.clientConfig(principal, session) });
  return (operation, input) => kms.call(operation, input);
};

const inProcess: Transport = (local, principal, session) => {
  const port = local.port(principal, session);
  return (operation, input) => port.call(operation, input);
};

/** What must hold for one must hold for the others. */
export const TRANSPORTS: readonly (readonly [string, Transport])[] = [
  ['the SDK over HTTP', overHttp], ['fetchKms over HTTP', byFetch], ['in process', inProcess],
];
