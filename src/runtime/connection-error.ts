/** What of an error of `fetch` tells more: it says of every broken connection that it failed, and why is in its cause. */
interface FetchFailure {
  readonly message?: string;
  readonly cause?: { readonly code?: string; readonly message?: string };
}

/** Why there was no answer: `connect ECONNREFUSED 127.0.0.1:443`, where Node tells. Of several addresses that were tried it has the code alone. */
export const reasonOf = (error: unknown): string => {
  const { message, cause } = Object(error) as FetchFailure;
  return cause?.message || cause?.code || (message ?? String(error));
};

/** An error of `fetch`, with the reason and the `code` of its cause; unchanged where that has none. */
export const connectionError = (error: unknown, host: string): unknown => {
  const { cause } = Object(error) as FetchFailure;
  return cause?.code ? Object.assign(new Error(`${host}: ${cause.message || cause.code}`, { cause }), { code: cause.code }) : error;
};
