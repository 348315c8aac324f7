import type { Scope } from './scope';
import { nameOf } from './words';
import { environmentVariable } from '../spec/contract';

/** The encryption context that functions of the templates use a key under. */
export interface Contract {
  /** What messages call one of the functions. */
  readonly holder: string;
  readonly keys: readonly string[];
}

const known = new WeakMap<Scope, ReadonlyMap<string, Contract>>();
const PREFIX = environmentVariable('');

/** The contracts that functions carry in their environment (src/spec/contract.ts), by the ARN of the key; of those with a context. */
export function contractsOf(scope: Scope): ReadonlyMap<string, Contract> {
  const contracts = known.get(scope) ?? read(scope);
  known.set(scope, contracts);
  return contracts;
}

function read({ deployment }: Scope): ReadonlyMap<string, Contract> {
  return new Map(deployment.resources('AWS::Lambda::Function').flatMap((fn) => {
    const variables = (fn.properties.Environment as { Variables?: unknown } | undefined)?.Variables;
    const attached = Object.entries(Object(variables) as Record<string, unknown>).filter(([name]) => name.startsWith(PREFIX));
    return attached.flatMap(([, text]) => {
      const contract = parsed(text);
      const { contextKeys } = contract;
      const keys = [...Object.keys(Object(contract.encryptionContext) as object), ...Array.isArray(contextKeys) ? contextKeys.map(String) : []];
      return typeof contract.keyArn === 'string' && keys.length > 0 ? [[contract.keyArn, { holder: nameOf(fn), keys }] as const] : [];
    });
  }));
}

function parsed(text: unknown): { readonly keyArn?: unknown; readonly encryptionContext?: unknown; readonly contextKeys?: unknown } {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
