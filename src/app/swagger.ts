import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Response } from 'express';
import { VERSION } from './version';

/** Swagger UI at `/swagger`, its document at `/api-docs/openapi.json`. */
export function serveSwagger(app: NestExpressApplication, title: string, exampleService: string | null): void {
  const settings = new DocumentBuilder()
    .setTitle(title)
    .setVersion(VERSION)
    .setDescription('Middleware between scientific web portals and the computers that run their jobs.')
    .addBearerAuth()
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .build();
  const document = SwaggerModule.createDocument(app, settings);
  if (exampleService !== null) {
    nameExampleService(document, exampleService);
  }
  SwaggerModule.setup('swagger', app, document, {
    jsonDocumentUrl: 'api-docs/openapi.json',
    customSiteTitle: title,
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
