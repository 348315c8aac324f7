export * from './kms-service';
export {
  GeneratedName, NameInContext, ServiceCall, ServiceRowTime, ServiceUser,
  type ImportedName, type KeyProperty, type KmsServiceProps, type NamingProperty, type ReferringProperty, type ResourceName, type ServiceContext,
  type ServiceRow, type SourceAccountProperty, type WantedProperty,
} from '../spec/services';
