import type { ServiceView } from './service-view';
import { differ } from './view-reference';
import { quoted } from '../app/constructs';
import type { KeyUse, KeyUses } from '../app/key-uses';
import { handOver } from '../keys/raw-key-uses';

/** Why resources of the app will not be able to use the views they were given, a sentence each. */
export function misusedViews({ all }: KeyUses): string[] {
  return [...new Set(all.flatMap((use) => (use.view && !overruled(use) ? misuse(use, use.view as ServiceView) ?? [] : [])))];
}

function overruled({ resource, view }: KeyUse): boolean {
  return (view as ServiceView).key._isOverruledFor(resource);
}

function misuse({ resource, service, property: { path, anyRegion } }: KeyUse, view: ServiceView): string | undefined {
  if (view.service !== service) {
    return `${quoted(resource)} was given ${view.label} as ${path}, but it is ${service.title} that uses the key there: ${handOver(service)}`;
  }
  if (anyRegion || !differ(resource.stack.region, view.stack.region)) return undefined;
  return `${quoted(resource)} in ${resource.stack.region} was given ${view.label} in ${view.stack.region} as ${path}: the service takes keys of the resource's own Region only; `
    + `make a key in ${resource.stack.region} for it`;
}
