import { USE } from '../../spec/actions';
import { bindsSource, strangeSourcesOf, viaServices } from '../bounds';
import { boundsGrants } from '../duties';
import type { KeySubject } from '../key-subject';
import type { Problem } from '../rule';
import { keyRule } from '../rule';
import { narrowingOf } from '../service-facts';
import { someOf } from '../words';

export const SERVICE_WITHOUT_SOURCE = keyRule({
  id: 'KP-19',
  name: 'ServiceWithoutSource',
  level: 'error',
  title: 'A service that uses a key in its own name does so for trusted accounts, or for resources by their names.',
  why: 'A service works for everybody: without a condition on the source any account may have it use the key, the confused deputy (IAM User Guide, "The confused deputy problem"; KMS '
    + 'Developer Guide, "Permissions for AWS services in key policies"). A pattern without an '
    + 'account (arn:aws:sns:*:*:*, arn:aws:s3:::*) is no such condition. A warning for services of which no page says what they tell.',
  fix: 'Add a condition on aws:SourceAccount or aws:SourceArn, or on the service’s encryption context, with an account that is trusted.',
  controls: { nist: ['AC-4', 'AC-6'], pci: ['7.2.1'] },
}, (key) => key.allows.flatMap((statement) => {
  const { name, actions, who, notPrincipal } = statement;
  if (notPrincipal || bindsSource(statement, key.trusts) || viaServices(statement).length > 0) return [];
  const uses = [...actions].filter((action) => action in USE || action === 'kms:PutKeyPolicy' || (action === 'kms:CreateGrant' && !boundsGrants(statement)));
  if (uses.length === 0) return [];
  const strange = strangeSourcesOf(statement, key.trusts);
  const forWhom = strange.length === 0 ? 'for whomever it works' : `under ${someOf(strange)}, which resources of accounts that are not trusted can meet`;
  const services = who.flatMap((one) => (one.kind === 'service' ? [one.text] : []));
  return alike(services, (service) => narrowed(service, key)).map(([together, how]) => (
    key.problem(`lets ${someOf(together)} ${someOf(uses)} ${forWhom}`, { statement: name, ...how })
  ));
}));

/** How bad it is of a service, and what its pages say to add. */
function narrowed(service: string, key: KeySubject): Pick<Problem, 'level' | 'fix'> {
  const narrowing = narrowingOf(service, homeOf(key));
  return {
    level: narrowing?.always === true ? 'error' : 'warning',
    ...narrowing === undefined || narrowing.words === '' ? {} : { fix: narrowing.words.startsWith('for ') ? `Narrow it ${narrowing.words}.` : `Add ${narrowing.words}.` },
  };
}

/** Texts of which the same is to be said, together. */
function alike<T>(texts: readonly string[], of: (text: string) => T): readonly (readonly [readonly string[], T])[] {
  const groups = new Map<string, [string[], T]>();
  for (const text of texts) {
    const said = of(text);
    const group = groups.get(JSON.stringify(said)) ?? [[], said];
    group[0].push(text);
    groups.set(JSON.stringify(said), group);
  }
  return [...groups.values()];
}

function homeOf({ key: { arn, region, account } }: KeySubject) {
  return { partition: arn.split(':')[1], region, account };
}
