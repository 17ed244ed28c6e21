import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { FAULT } from './answers';
import { DescribeServices } from './describe-services.service';
import { ServiceDto } from './dto/service.dto';

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
  @FAULT
  list(): Promise<ServiceDto[]> {
    return this.describe.list();
  }
}
