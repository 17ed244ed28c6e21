import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DescribeServices } from './describe-services.service';
import { ServiceDto } from './dto/service.dto';
import { StatusBodyDto } from './dto/status-body.dto';

@ApiTags('services')
@Controller()
export class ServicesController {
  constructor(private readonly describe: DescribeServices) {}

  @Get('services')
  @ApiOperation({
    summary: 'The services that jobs can be uploaded for',
    description:
      'Their limits, how many jobs are active and waiting, and whether they are reachable. A backend that has not answered lately ' +
      'is asked, for at most 1.5 seconds.',
  })
  @ApiResponse({ status: 200, type: [ServiceDto], description: 'all of them, by name' })
  @ApiResponse({ status: 500, type: StatusBodyDto, description: 'a fault of the server' })
  list(): Promise<ServiceDto[]> {
    return this.describe.list();
  }
}
