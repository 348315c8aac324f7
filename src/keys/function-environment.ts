import { Stack, Token } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { keptFor } from '../app/per-stage';
import { canReference } from '../app/reference-graph';
import { ATTACHMENT_NAME, environmentVariable, type KeyContract } from '../spec/contract';

/** The names under which keys are attached to each function. */
const attachedTo = keptFor((_: Function) => new Map<string, Construct>());

/** Sets the variable of a function that the run time reads under this name: the contract of the key. */
export function setContract(fn: Function, name: string, key: Construct, contract: KeyContract): void {
  const where = `attachTo(${Construct.isConstruct(fn) ? `'${fn.node.path}'` : '…'}) of '${key.node.path}'`;
  // Languages without types hand over functions that were imported, too, and nothing.
  if (typeof (fn as Function | undefined)?.addEnvironment !== 'function') {
    throw new Error(`${where}: it takes a function that this app defines, to set its environment. Grant to others by key.grants, and set the variable where they are defined`);
  }
  if (!ATTACHMENT_NAME.test(name)) {
    throw new Error(`${where}: ${Token.isUnresolved(name) ? 'what only deployment knows' : `'${name}'`} is no name for an attached key: use up to 64 capital letters, digits and '_', a letter first, like 'INVOICES'`);
  }
  const names = attachedTo(fn);
  const other = names.get(name);
  if (other) throw new Error(`${where}: '${other.node.path}' is attached as '${name}' already: choose another name, or attach once with all duties`);
  if (!canReference(Stack.of(key), Stack.of(fn))) {
    throw new Error(`${where}: the function is in another account or Region, where the key's ARN is not known before the key is there: put the function beside the key, or pass it the alias ARN`);
  }
  names.set(name, key);
  fn.addEnvironment(environmentVariable(name), Stack.of(fn).toJsonString(contract));
}
