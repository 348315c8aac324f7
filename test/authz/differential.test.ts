import fc from 'fast-check';
import { scenes, toldAbsent } from './generated';
import { limitedSession, othersAllow, othersAllowOfficially } from './iam-simulate';
import { decide } from '../../src/authz';
import type { PolicyStatement } from '../../src/authz';

/**
 * `decide` against @cloud-copilot/iam-simulate, on generated worlds: key policies, identity policies, boundaries, session policies, two
 * accounts, a service, every operator family, IfExists, Null, set operators, variables, NotAction, NotResource.
 *
 * Left out, because the other engine decides them in another way than AWS's pages say, or not at all:
 * - NotPrincipal (it lets one listed name do); account root users (it asks for their identity policies);
 * - negated operators against a variable without a value (pages: they match); `${*}` with StringEquals (pages: wherever variables are);
 *   policies of 2008 (it replaces variables there, too);
 * - the range 0.0.0.0/0 (nothing is in it there); NotIpAddress of one family for an address of the other (it does not match there);
 * - operations that do not work across accounts, federated users without session policies, grants, retirement, aliases, what an action's
 *   condition keys are, and whatever `decide` calls unclear;
 * - what is not known of a request: the other engine is told values, and takes every other key to be absent; so is `decide` told here;
 * - counted below: it lets session policies limit a key policy that names the session itself or everyone.
 */
const SCENES = 300;
const REQUESTS = 10;

describe('decisions of another engine', () => {
  const sample = fc.sample(scenes(REQUESTS), { numRuns: SCENES, seed: 20260101 });

  test(`are the same on ${SCENES * REQUESTS} generated requests`, () => {
    const differences: unknown[] = [];
    let allowed = 0;
    let disputed = 0;
    for (const { world, requests } of sample) {
      for (const request of requests) {
        const decision = decide(world, toldAbsent(request));
        const others = othersAllow(world, request);
        allowed += Number(others);
        if (decision.allowed === others) continue;
        if (limitedSession(world, request, decision)) disputed += 1;
        else differences.push({ others, reason: decision.reason, request, world });
      }
    }
    expect(differences.slice(0, 3)).toEqual([]);
    const conditioned = sample.flatMap(({ requests }) => requests[0].key!.policy.Statement as PolicyStatement[]).filter(({ Condition }) => Condition);
    expect(conditioned.length).toBeGreaterThan(SCENES * 0.5);
    expect(disputed).toBeLessThan(SCENES * REQUESTS * 0.05);
    // A comparison in which nothing is ever allowed, or everything, would compare nothing.
    expect(allowed).toBeGreaterThan(SCENES * REQUESTS * 0.1);
    expect(allowed).toBeLessThan(SCENES * REQUESTS * 0.9);
  });

  test('are the same through its public door', async () => {
    for (const { world, requests: [request] } of sample.slice(0, 60)) {
      expect({ request, allowed: await othersAllowOfficially(world, request) }).toEqual({ request, allowed: othersAllow(world, request) });
    }
  });
});
