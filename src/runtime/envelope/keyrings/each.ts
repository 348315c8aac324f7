/**
 * Runs `action` on all items at once and waits until every one is done, also when one fails: what they share may be
 * overwritten afterwards.
 *
 * @throws the first failure in the order of the items
 */
export async function eachOf<Item, Result>(items: readonly Item[], action: (item: Item) => Promise<Result>): Promise<Result[]> {
  const outcomes = await Promise.allSettled(items.map(action));
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
