import { boundsGrants, causeOf, direct, holds, holdersOf, isServiceLinked, POWERS, unconditioned } from '../duties';
import type { KeySubject } from '../key-subject';
import { protectedAliases } from '../protection';
import type { Problem } from '../rule';
import { keyRule } from '../rule';
import type { Scope } from '../scope';
import { expand } from '../statement-view';
import { someOf } from '../words';

export const SELF_ESCALATION = keyRule({
  id: 'KP-09',
  name: 'SelfEscalation',
  level: 'error',
  title: 'Whoever uses a key cannot give further uses of it, to others or to themselves.',
  why: 'kms:CreateGrant without bounds gives any use of the key to anybody, and kms:ReplicateKey makes a key of the same material with a policy of one’s own (KMS Developer '
    + 'Guide, "Grants in AWS KMS", "Multi-Region keys"). kms:Create* and kms:Put* contain CreateGrant and PutKeyPolicy. '
    + 'Where permissions ask for an alias, by kms:ResourceAliases or kms:RequestAlias, or the key is protected, so does kms:UpdateAlias: whoever moves the alias moves the permissions. '
    + 'A warning for service-linked roles, by which nobody acts but their service.',
  fix: 'Take kms:CreateGrant, kms:ReplicateKey and kms:UpdateAlias from those who use the key, or bound the grants by kms:GrantIsForAWSResource.',
  controls: { nist: ['AC-5', 'AC-6(1)'], pci: ['7.2.2'] },
}, (key, scope) => [
  ...holdersOf(key).flatMap((holders) => {
    const use = holds(key, holders, POWERS, direct);
    if (!use || holds(key, holders, ['kms:PutKeyPolicy'], unconditioned)) return [];
    const ways = ['kms:CreateGrant', ...key.key.multiRegion === true ? ['kms:ReplicateKey'] : []];
    const way = holds(key, holders, ways, (statement) => !boundsGrants(statement) && direct(statement));
    if (!way) return [];
    return [key.problem(`lets ${someOf(holders.names)}, who may ${use.action}, also ${way.action} without bounds`, {
      statement: way.statement.name, cause: causeOf(holders.names, way.statement.name), ...holders.names.every(isServiceLinked) ? { level: 'warning' as const } : {},
    })];
  }),
  ...movers(key, scope),
  ...key.allows.flatMap((statement) => {
    const globs = statement.written.filter((pattern) => /^kms:(create|put)\*$/i.test(pattern));
    const names = statement.who.flatMap((who) => (who.kind === 'identity' ? [who.text] : []));
    if (globs.length === 0 || names.length === 0) return [];
    return [key.problem(`gives ${someOf(names)} ${someOf(globs)}, and with ${globs.length === 1 ? 'it' : 'them'} ${someOf(globs.flatMap(expand).filter((action) => action !== 'kms:CreateAlias'))}`, {
      statement: statement.name, level: 'warning', cause: causeOf(names), fix: 'Write kms:CreateAlias for kms:Create*, and kms:PutKeyPolicy, for those who may have it, for kms:Put*.',
    })];
  }),
]);

/** Those who use the key, and may move an alias of it that is not to be moved. */
function movers(key: KeySubject, scope: Scope): Problem[] {
  const aliases = protectedAliases(key, scope);
  if (aliases.length === 0) return [];
  return holdersOf(key).flatMap((holders) => {
    const use = holds(key, holders, POWERS, direct);
    const move = use && holds(key, holders, ['kms:UpdateAlias'], direct);
    if (!move || holds(key, holders, ['kms:PutKeyPolicy'], unconditioned)) return [];
    return [key.problem(`lets ${someOf(holders.names)}, who may ${use.action}, also move ${someOf(aliases)} to another key`, { statement: move.statement.name, cause: causeOf(holders.names, move.statement.name) })];
  });
}
