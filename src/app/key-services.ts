import { perStage } from './per-stage';
import { SERVICES, hasView } from '../spec/services';
import type { KeyProperty, KmsServiceProps } from '../spec/services';

/** A property that takes a key, for the service that uses the key there. */
export interface KeyPlace {
  readonly property: KeyProperty;
  readonly service: KmsServiceProps;
}

/** The services whose resources take keys: those that this library knows, and those that the app has views for. */
export class KeyServices {
  private readonly services = new Set<KmsServiceProps>(Object.values(SERVICES));
  private readonly typesOfApp = new Set<string>();
  private readonly byType = new Map<string, Map<string, KeyPlace[]>>();

  constructor() {
    for (const service of this.services) this.place(service);
  }

  /** Adds a service that the app describes. Of several that use the same property, the first with a view stands for all where none is given. */
  public add(service: KmsServiceProps): void {
    if (this.services.has(service)) return;
    this.services.add(service);
    for (const { resourceType } of service.keyProperties) this.typesOfApp.add(resourceType);
    this.place(service);
  }

  /** Whether a service that the app describes has resources of a type. */
  public isOfApp(resourceType: string): boolean {
    return this.typesOfApp.has(resourceType);
  }

  /** Where resources of a type take keys, each property once, with every service that claims it. */
  public placesIn(resourceType: string): readonly (readonly KeyPlace[])[] {
    return [...this.byType.get(resourceType)?.values() ?? []];
  }

  private place(service: KmsServiceProps): void {
    for (const property of service.keyProperties) {
      const paths = this.byType.get(property.resourceType) ?? new Map<string, KeyPlace[]>();
      const places = paths.get(property.path.toLowerCase()) ?? [];
      const [one] = places;
      if (one && !hasView(one.service)) places.unshift({ property, service });
      else places.push({ property, service });
      this.byType.set(property.resourceType, paths.set(property.path.toLowerCase(), places));
    }
  }
}

/** The services of a stage (app). */
export const keyServicesOf = perStage(() => new KeyServices());
