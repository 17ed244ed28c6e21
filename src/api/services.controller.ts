import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { ServiceDto } from './dto/service.dto';
import { WishesKept } from './wishes-kept.service';

@ApiTags('services')
@Controller()
export class ServicesController {
  constructor(
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
    private readonly wishesKept: WishesKept,
  ) {}

  @Get('services')
  @ApiOperation({ summary: 'The services that jobs can be uploaded for, and their limits' })
  @ApiResponse({ status: 200, type: [ServiceDto] })
  list(): ServiceDto[] {
    return [...this.config.services.values()].map((service) =>
      ServiceDto.from(service, this.wishesKept.now(service.name)),
    );
  }
}
