import { fits } from './condition-key-values';
import { conditionsInWords } from './conditions-in-words';
import { modelOf } from './model';
import type { Matched, Model } from './model';
import { ANY } from './principals';
import type { Access, KeyWorld } from './types';
import { contextOf } from '../authz';
import type { Condition, NamedPrincipal, Statement } from '../authz';
import { KEY_ACTIONS } from '../spec/action-resources';

/**
 * Who can do what with a key, one entry for each principal and statement of the key policy that lets it in: whom the statement names, and, where it leaves
 * the choice to IAM, the account and each identity of the world whose policies allow it. The root user of the key's account is not among them.
 */
export function accessOf(at: KeyWorld): readonly Access[] {
  const model = modelOf(at);
  const { arn } = model.key;
  const home = `arn:${arn.split(':')[1]}:iam::${arn.split(':')[4]}:root`;
  const entries = new Map<string, Entry>();
  for (const principal of model.principals.all.filter((one) => one !== home)) {
    for (const action of KEY_ACTIONS.filter((one) => fits(one, model.key))) {
      for (const found of throughEach(model, principal, action)) add(entries, found, action);
    }
  }
  return [...entries.values()].map(({ principal, actions, statement, by, certain }) => ({
    principal, actions, ...inWords(statement.conditions), statements: [statement.name], by, certain,
  }));
}

interface Found {
  readonly principal: string;
  readonly statement: Statement;
  readonly by: Access['by'];
  readonly certain: boolean;
}

interface Entry extends Found {
  readonly actions: string[];
}

function add(entries: Map<string, Entry>, found: Found, action: string): void {
  const { principal, statement, by, certain } = found;
  const name = JSON.stringify([principal, statement.name, by, certain]);
  const entry = entries.get(name);
  if (!entry) entries.set(name, { ...found, actions: [action] });
  else if (!entry.actions.includes(action)) entry.actions.push(action);
}

/** The statements of the key policy through which a principal can do something. */
function throughEach(model: Model, principal: string, action: string): Found[] {
  const question = { principal, action, bound: 'perhaps' as const };
  const scene = model.sceneOf(question);
  if (!scene) return [];
  const found = new Map<Statement, Found>();
  for (const path of scene.paths) {
    const [first] = path;
    const shown = first && !found.get(first.statement)?.certain ? shownAs(model, principal, first) : undefined;
    if (shown === undefined || !first.statement.principals) continue;
    const answer = model.searchPath(scene, path, question);
    if (answer.kind !== 'found') continue;
    const { request, world } = answer.result;
    // It may be another statement that allows it.
    if (first.statement.match(contextOf(world, request, { bound: 'perhaps' })).state === 'no') continue;
    const certain = model.decide(request, 'surely').allowed && first.statement.match(contextOf(world, request)).state === 'yes';
    const by = path.length > 1 || first.closeness === 'account' ? 'IAM' : 'key policy';
    found.set(first.statement, { principal: shown, statement: first.statement, by, certain });
  }
  return [...found.values()];
}

/** Under which name an entry speaks of a principal; undefined if another one speaks for it. */
function shownAs(model: Model, principal: string, { statement, closeness }: Matched): string | undefined {
  const named = statement.principals?.named ?? [];
  if (named.some(({ kind }) => kind === 'anyone')) return '*';
  const caller = model.caller(principal);
  if (caller.kind === 'service') return principal;
  const known = model.at.world.identities.some(({ arn }) => arn === caller.identity?.arn);
  if (closeness !== 'account') return named.some((one) => isNamed(one, principal)) || known ? principal : undefined;
  if (known) return principal;
  return principal.includes(ANY) ? `arn:${caller.partition}:iam::${caller.account}:root` : undefined;
}

function isNamed(one: NamedPrincipal, principal: string): boolean {
  return (one.kind === 'arn' && one.arn === principal) || one.kind === 'unknown';
}

function inWords(conditions: readonly Condition[]): Pick<Access, 'viaServices' | 'conditions'> {
  const isVia = ({ key, operator }: Condition) => key.toLowerCase() === 'kms:viaservice' && (operator === 'StringEquals' || operator === 'StringLike');
  const services = conditions.filter(isVia).flatMap(({ wanted }) => wanted);
  const others = conditionsInWords(conditions.filter((condition) => !isVia(condition)));
  return { ...(services.length > 0 ? { viaServices: services } : {}), conditions: others };
}
