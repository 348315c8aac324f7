import { isMultivalued } from './condition-key-values';
import type { Part } from './requests';
import type { Requirement } from './search';
import type { Asked, Space } from './space';
import { VPC_ENDPOINT_KEYS } from '../spec/global-condition-keys';

/** What holds between the condition keys of any request, as AWS makes them up; of those alone that somebody asks for. */

const VIA = 'kms:viaservice';
const MFA = 'aws:multifactorauthpresent';
const MFA_AGE = 'aws:multifactorauthage';
const CONTEXT_NAMES = 'kms:encryptioncontextkeys';
const CONSTRAINT_TYPE = 'kms:grantconstrainttype';
const ENDPOINT = VPC_ENDPOINT_KEYS.map((name) => name.toLowerCase());

/** Condition keys that have to be looked at where others are. */
export function companions(names: readonly string[]): readonly Asked[] {
  const needed = [
    ...(names.some((name) => name.startsWith('aws:calledvia')) ? [VIA] : []),
    ...(names.includes(MFA_AGE) ? [MFA] : []),
  ];
  return needed.map((name) => ({ name, comparisons: [] }));
}

export function wellFormed(space: Space, action: string): Requirement[] {
  const asked = (name: string) => space.membersOf(name).length > 0;
  const implies = (one: string, others: Requirement): Requirement[] => (asked(one) ? [[space.absent(one), ...others]] : []);
  const endpoint = ENDPOINT.flatMap((name) => space.absent(name));
  return [
    // "Except when the requester uses a VPC endpoint" (aws:SourceIp).
    ...(endpoint.length > 0 ? implies('aws:sourceip', [endpoint]) : []),
    ...implies(MFA_AGE, space.where(MFA, is(MFA, 'true'))),
    ...['aws:calledvia', 'aws:calledviafirst', 'aws:calledvialast'].flatMap((name) => implies(name, space.present(VIA))),
    ...(action === 'kms:CreateGrant' ? ofGrants(space) : []),
  ];
}

function ofGrants(space: Space): Requirement[] {
  const asked = (name: string) => space.membersOf(name).length > 0;
  const required: Requirement[] = [];
  // An operation at least.
  if (asked('kms:grantoperations')) required.push(space.present('kms:grantoperations'));
  // The type of the constraint is there if the constraint is.
  if (asked(CONSTRAINT_TYPE)) {
    const both = space.present(CONTEXT_NAMES).flatMap((pair) => space.present(CONSTRAINT_TYPE).map((type) => [...pair, ...type]));
    required.push([[...space.absent(CONTEXT_NAMES), ...space.absent(CONSTRAINT_TYPE)], ...both]);
  }
  // A grantee is a principal or a service.
  const [principal, service] = ['kms:granteeprincipal', 'kms:granteeserviceprincipal'];
  if (asked(principal) && asked(service)) {
    required.push([
      ...space.present(principal).map((way) => [...way, ...space.absent(service)]),
      ...space.present(service).map((way) => [...way, ...space.absent(principal)]),
    ]);
  }
  return required;
}

function is(name: string, value: string): (part: Part) => boolean {
  return (part) => part.keys?.[name]?.includes(value) === true && !isMultivalued(name);
}
