import { S3 } from '@aws-sdk/client-s3';
import { handlerKms } from '../handler-kms';
import { createJwksPublisher, type PublishedFolder } from '../jwks-publisher';

const s3 = new S3({});
const Bucket = process.env.BUCKET;

/** Keys of S3 have no slash in front. */
const keyOf = (path: string) => path.slice(1);

const folder: PublishedFolder = {
  async put({ path, contentType, body }, cacheControl) {
    await s3.putObject({ Bucket, Key: keyOf(path), Body: body, ContentType: contentType, CacheControl: cacheControl });
  },
  async list() {
    // A key set has tens of files, and a page a thousand.
    const { Contents = [] } = await s3.listObjectsV2({ Bucket });
    return Contents.map(({ Key }) => `/${Key}`);
  },
  async delete(path) {
    await s3.deleteObject({ Bucket, Key: keyOf(path) });
  },
};

/** What CloudFormation calls, by way of Lambda. */
export const handler = createJwksPublisher({ kms: handlerKms(), env: process.env, folder });
