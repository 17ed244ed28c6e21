import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Response } from 'express';
import { VERSION } from './version';

export interface SwaggerTexts {
  readonly title: string;
  readonly description: string;
  /** What the tags of the mode's controllers hold, in the order in which they are shown. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What both modes answer in the same way; goes last. */
const HEALTH_TAG = 'whether the program is well, and whether it can take jobs';

/**
 * Swagger UI at `/swagger`, its document at `/api-docs/openapi.json`.
 * @param texts.exampleService a service that the example of an upload names; `null`: as it is in the code
 * @param texts.tokenMeaning   what `Authorization: Bearer` carries; `null`: nothing asks for it
 */
export function serveSwagger(
  app: NestExpressApplication,
  texts: SwaggerTexts & { readonly exampleService: string | null; readonly tokenMeaning: string | null },
): void {
  const builder = new DocumentBuilder()
    .setTitle(texts.title)
    .setVersion(VERSION)
    .setDescription(texts.description)
    .setLicense('MIT', 'https://opensource.org/license/mit');
  for (const [name, description] of Object.entries({ ...texts.tags, health: HEALTH_TAG })) {
    builder.addTag(name, description);
  }
  if (texts.tokenMeaning !== null) {
    builder.addBearerAuth({ type: 'http', scheme: 'bearer', description: texts.tokenMeaning });
  }
  const document = SwaggerModule.createDocument(app, builder.build());
  if (texts.exampleService !== null) {
    nameExampleService(document, texts.exampleService);
  }
  SwaggerModule.setup('swagger', app, document, {
    jsonDocumentUrl: 'api-docs/openapi.json',
    customSiteTitle: texts.title,
    swaggerOptions: { tryItOutEnabled: true, displayRequestDuration: true },
  });
  app.getHttpAdapter().get('/swagger-ui', (_request: unknown, response: unknown) => {
    (response as Response).redirect('/swagger');
  });
}

/** The example of an upload names a service that this server really has, so that trying it out submits a job. */
function nameExampleService(document: object, name: string): void {
  const paths = (document as { paths: Record<string, Record<string, unknown> | undefined> }).paths;
  const upload = paths['/upload']?.post as
    | { requestBody?: { content?: Record<string, { schema?: { properties?: Record<string, { example?: string }> } }> } }
    | undefined;
  const service = upload?.requestBody?.content?.['multipart/form-data']?.schema?.properties?.service;
  if (service) {
    service.example = name;
  }
}
