import type { Bound, Decision, KeyFacts, KmsRequest, World } from '../authz';

/** What a proof says. `undecidable` is an answer of its own: whoever needs a proof has none then. */
export type Verdict = 'holds' | 'fails' | 'undecidable';

/** A key, and all that is known of who may call. */
export interface KeyWorld {
  readonly key: KeyFacts;
  /**
   * The identities that are known, with all their policies. One that carries `managedPolicyArns` (of documents nobody has) is taken to be allowed anything by
   * them; a principal that is not named here may have any policy.
   */
  readonly world: World;
  /** ARNs of those who own the policy: who deploys it, and who is to change it. They are trusted: no claim fails for what they can do. */
  readonly owners?: readonly string[];
}

/**
 * Whom a claim speaks of: the ARN of a role (with its sessions), user or session; an account's id or root ARN (everybody of the account); a service
 * principal; `*`; or an ARN or service principal with `*` and `?`: `*.amazonaws.com` are all services.
 */
export type PrincipalPattern = string;

/** A request that shows that a claim fails: `decide(world, request, { bound })` gives `decision` again. */
export interface Counterexample {
  readonly request: KmsRequest;
  readonly decision: Decision;
  /** The world that was asked: the one of the claim, and the callers nobody knows, who may have any policy. */
  readonly world: World;
  readonly bound: Bound;
}

/** A way round a claim: somebody who may change who has access. */
export interface EscalationWay {
  readonly principal: string;
  readonly action: string;
  /** The statement that allows it: its Sid, or `#2`. */
  readonly statement: string;
  readonly request: KmsRequest;
}

/** What is said of a claim for whoever may change who has access. It is never better than the direct verdict. */
export interface Escalation {
  readonly verdict: Verdict;
  readonly ways: readonly EscalationWay[];
}

/** A claim about all requests, and whether it holds. */
export interface Proof {
  /** The claim as a sentence. */
  readonly claim: string;
  readonly verdict: Verdict;
  /** Of a claim that fails: a request that it rules out. Of an undecidable one: a request that may be allowed, where there is one. */
  readonly counterexample?: Counterexample;
  /** For `allowsNothingNew`: the request took an IAM policy, which nobody knows, and takes none now. */
  readonly withoutIam?: boolean;
  /** For `nobodyCanBoth`: the second of the two requests that one principal can make. */
  readonly other?: Counterexample;
  /** Why it is undecidable: the statement, and what of it is not known. */
  readonly because?: string;
  readonly escalation: Escalation;
  /** What the claim does not cover: nothing here knows of it. */
  readonly notModelled: readonly string[];
}

/** A statement of the key policy that matches no possible request, or some of whose actions do not. */
export interface DeadStatement {
  /** Sid, or `#2`. */
  readonly statement: string;
  readonly effect: 'Allow' | 'Deny';
  /** Those of its actions that match no possible request. */
  readonly actions: readonly string[];
  /** Whether that is all of them. */
  readonly entirely: boolean;
  /** What stands in the way. */
  readonly because: string;
}

/** What one policy allows and another does not. */
export interface Difference {
  readonly change: 'possible' | 'impossible';
  readonly principal: string;
  /** The actions that one statement gives, or gave, to the principal under the same conditions. */
  readonly actions: readonly string[];
  /** Name of the duty if all actions belong to one: `decrypt`, `administer` … */
  readonly duty?: string;
  /** Conditions of the statement, in words; none if it has none. */
  readonly conditions: readonly string[];
  /** The statements that allow it, or did. */
  readonly statements: readonly string[];
  /** For one of the actions. */
  readonly request: KmsRequest;
  /** Whether it is certain, or hangs on what is not known. */
  readonly certain: boolean;
  /** Whether what changes is that it takes no IAM policy: with one, which nobody knows, it is possible before and after. */
  readonly withoutIam: boolean;
}

/** What a principal can do with a key, by one statement of its policy. */
export interface Access {
  /** ARN, account or service; `*` for everybody. */
  readonly principal: string;
  readonly actions: readonly string[];
  /** Through which services alone, where the statement says so. */
  readonly viaServices?: readonly string[];
  /** The other conditions, in words. */
  readonly conditions: readonly string[];
  readonly statements: readonly string[];
  /** Who lets the principal in: the key policy by itself, or together with IAM policies of the account. */
  readonly by: 'key policy' | 'IAM';
  /** Whether it is certain, or hangs on what is not known. */
  readonly certain: boolean;
}
