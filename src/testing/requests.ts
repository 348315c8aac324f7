import type { RequestRecord } from './engine';
import { shortCopy } from './short-copy';
import type { Decision, StatementReference } from '../authz/types';

/** A request that reached the local KMS, and how it ended. No plaintext, ciphertext or key is in it. */
export interface LocalRequest extends RequestRecord {
  /** `x-amzn-RequestId` of the answer. */
  readonly requestId: string;
  readonly transport: 'http' | 'in process';
  /** `aws:SourceArn` of a service's own request. */
  readonly sourceArn?: string;
  /** The scripted fault that it met. */
  readonly fault?: string;
}

/** One request in words, column by column. */
export interface RequestSummary {
  readonly who: string;
  /** Through which service, if any. */
  readonly via: string;
  readonly operation: string;
  readonly key: string;
  /** `Project=SnowyPII` */
  readonly context: string;
  /** `ok`, or the name of the error. */
  readonly outcome: string;
  /** The statements that decided; where none did, what came nearest and which of its conditions failed. */
  readonly decidedBy: string;
}

const KEPT = 10_000;
/** Characters of one text, a message or a value of a context: a refused request may carry a mebibyte. */
const LONGEST_TEXT = 2048;
/** Characters of all. */
const MOST_CHARACTERS = 32 * 1024 * 1024;

/**
 * The requests so far, oldest first; of very many, at least the last 10,000, unless what is said of them takes more than 32 Mi characters: then the
 * later ones of them. Texts of more than 2,048 characters are cut.
 */
export class RequestLog implements Iterable<LocalRequest> {
  private requests: LocalRequest[] = [];
  private sizes: number[] = [];
  private characters = 0;

  constructor(private readonly nameOfKey: (keyArn: string) => string, private readonly onRequest?: (request: LocalRequest) => void) {}

  /** All of them. */
  public get all(): readonly LocalRequest[] {
    return this.requests;
  }

  /** The latest one. */
  public get last(): LocalRequest | undefined {
    return this.requests[this.requests.length - 1];
  }

  public get length(): number {
    return this.requests.length;
  }

  /** Those that authorization refused. */
  public denied(): readonly LocalRequest[] {
    return this.requests.filter(({ error }) => error === 'AccessDeniedException');
  }

  /** One row each, for a table. */
  public summary(): readonly RequestSummary[] {
    return this.requests.map((request) => this.summaryOf(request));
  }

  /** One request in words, column by column. */
  public summaryOf(request: LocalRequest): RequestSummary {
    const { principal, viaService, operation, keyArn, encryptionContext, error, fault } = request;
    return {
      who: shortName(principal),
      via: viaService ? viaService.split('.')[0] : '',
      operation,
      key: keyArn ? this.nameOfKey(keyArn) : '',
      context: Object.entries(encryptionContext ?? {}).map(([key, value]) => `${key}=${value}`).join(', '),
      outcome: fault ? `${error ?? 'ok'} (scripted: ${fault})` : error ?? 'ok',
      decidedBy: decidedBy(request),
    };
  }

  /**
   * One request in a few lines: who wanted what, what came of it and by which statements. Where none decided, the statements follow that name the caller
   * and the action, each with the condition that failed.
   */
  public explain(request: LocalRequest): string {
    const { who, via, operation, key, context, outcome } = this.summaryOf(request);
    const what = [
      `${who} called ${operation}`, key && `on ${key}`, via && `through ${via}`, context && `with ${context}`,
    ].filter(Boolean).join(' ');
    const reasons = request.authorizations.flatMap(({ action, decision }) => [`${action}: ${decision.reason}`, ...nearMisses(decision).map((miss) => `  nearest: ${miss}`)]);
    const error = request.error ? [`${outcome}${request.errorMessage ? `: ${request.errorMessage}` : ''}`] : ['ok'];
    return [what, ...error, ...reasons].join('\n  ');
  }

  public clear(): void {
    this.keepLast(0);
  }

  public [Symbol.iterator](): Iterator<LocalRequest> {
    return this.requests[Symbol.iterator]();
  }

  /** @internal */
  public add(request: LocalRequest): void {
    const { copy, size } = shortCopy(request, LONGEST_TEXT);
    this.requests.push(copy);
    this.sizes.push(size);
    this.characters += size;
    if (this.requests.length > 2 * KEPT) this.keepLast(KEPT);
    // By halves, so that not every further request moves all the others.
    while (this.characters > MOST_CHARACTERS && this.requests.length > 1) this.keepLast(Math.floor(this.requests.length / 2));
    this.tell(copy);
  }

  private tell(request: LocalRequest): void {
    try {
      this.onRequest?.(request);
    } catch (error) {
      // As text: an Error of a sandbox of node:vm is none to the process.
      process.emitWarning(`onRequest of the local KMS threw: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    }
  }

  private keepLast(count: number): void {
    const from = this.requests.length - count;
    this.requests = this.requests.slice(from);
    this.sizes = this.sizes.slice(from);
    this.characters = this.sizes.reduce((sum, size) => sum + size, 0);
  }
}

/** `key policy WriterEncrypts`; for a denial nobody pronounced, what came nearest. */
function decidedBy({ decision }: LocalRequest): string {
  if (!decision) return '';
  if (decision.decidedBy.length) return decision.decidedBy.map(statementName).join(' + ');
  const [nearest] = nearMisses(decision);
  return nearest === undefined ? 'no statement allows it' : `no statement allows it; nearest: ${nearest}`;
}

/** For a denial nobody pronounced, the statements that might have allowed it, each with what failed. */
function nearMisses({ allowed, decidedBy: deciding, nearMisses: found }: Decision): string[] {
  return allowed || deciding.length ? [] : found.map(({ statement, because }) => `${statementName(statement)}: ${because}`);
}

function statementName({ kind, policy, statement, effect }: StatementReference): string {
  const name = kind === 'grant' ? `grant ${policy}` : `${kind} ${statement}`;
  return effect === 'Deny' ? `${name} (deny)` : name;
}

/** The name that people know: of the role, the user or the service. */
function shortName(principal: string): string {
  if (!principal.startsWith('arn:')) return principal;
  const [, , , , , resource] = principal.split(':', 6);
  const parts = resource.split('/');
  return parts[0] === 'assumed-role' ? parts[1] : parts[parts.length - 1];
}
