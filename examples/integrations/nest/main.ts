/**
 * NestJS: HTTP and NATS in one application; its messages come over Holdfast's connection, its health is that of terminus.
 *
 * Run it: npm run example -- integrations/nest/main   then: curl -d '{"item":"book","count":1}' -H content-type:application/json localhost:8080/orders
 */
import "reflect-metadata";
import { randomUUID } from "node:crypto";
import {
  type ArgumentsHost,
  BadRequestException,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Header,
  HttpCode,
  HttpException,
  Inject,
  Module,
  Param,
  Post,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { EventPattern, MessagePattern, Payload, RpcException } from "@nestjs/microservices";
import { HealthCheck, HealthCheckService, TerminusModule } from "@nestjs/terminus";
import { type Connection, connect, optionsFromEnv } from "holdfast";
import { registerMetrics } from "holdfast/observe";
import { gracefulShutdown } from "holdfast/service";
import { register } from "prom-client";
import { lastValueFrom } from "rxjs";
import { NewOrder, Order, statusOf } from "../_shared/orders.js";
import { HoldfastHealth } from "./_holdfast/health.js";
import { HoldfastClient, HoldfastServer } from "./_holdfast/transport.js";

const NATS = Symbol("NATS");
const { PORT = "8080", HOST = "127.0.0.1", SHUTDOWN_DELAY = "0", WORK = "0" } = process.env;

const nc = await connect(optionsFromEnv(process.env, { retryOnFailedConnect: true }));
registerMetrics(nc, { register });

/** What comes from NATS. */
@Controller()
class OrderMessages {
  private readonly orders = new Map<string, Order>();

  @EventPattern("orders.placed")
  placed(@Payload() data: unknown) {
    const order = Order.parse(data);
    this.orders.set(order.id, order);
  }

  @MessagePattern("orders.get")
  async get(@Payload() { id }: { id: string }) {
    await new Promise((resolve) => setTimeout(resolve, Number(WORK))); // a database
    const order = this.orders.get(id);
    if (order === undefined) throw new RpcException({ status: 404, message: "no such order" });
    return order;
  }
}

/** What comes over HTTP. */
@Controller("orders")
class OrderRoutes {
  @Inject(HoldfastClient)
  private readonly client!: HoldfastClient;

  @Post()
  @HttpCode(202)
  async place(@Body() body: unknown) {
    const order = NewOrder.safeParse(body);
    if (!order.success) throw new BadRequestException(order.error.issues[0]?.message);
    const id = randomUUID();
    await lastValueFrom(this.client.emit("orders.placed", { ...order.data, id }), {
      defaultValue: undefined,
    });
    return { id };
  }

  @Get(":id")
  get(@Param("id") id: string) {
    return this.client.send<Order>("orders.get", { id });
  }
}

@Controller()
class Probes {
  @Inject(HealthCheckService)
  private readonly checks!: HealthCheckService;
  @Inject(HoldfastHealth)
  private readonly health!: HoldfastHealth;
  @Inject(NATS)
  private readonly nc!: Connection;

  @Get("health")
  @HealthCheck()
  connected() {
    return this.checks.check([() => this.health.isConnected("nats", this.nc)]);
  }

  @Get("health/ready")
  @HealthCheck()
  ready() {
    return this.checks.check([() => this.health.isReady("nats", this.nc)]);
  }

  /** Whether the process answers: an outage of NATS is no reason to restart it. */
  @Get("health/live")
  live() {
    return { status: "live" };
  }

  @Get("metrics")
  @Header("content-type", register.contentType)
  metrics() {
    return register.metrics();
  }
}

/** What errors of NATS are in HTTP. */
@Catch()
class Errors implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost) {
    const isHttp = error instanceof HttpException;
    const status = isHttp ? error.getStatus() : statusOf(error);
    const text = status === 500 ? "internal error" : (error as Error).message;
    if (status === 500) console.error(error);
    host
      .switchToHttp()
      .getResponse()
      .status(status)
      .json(isHttp ? error.getResponse() : { error: text });
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [OrderMessages, OrderRoutes, Probes],
  providers: [
    HoldfastHealth,
    { provide: NATS, useValue: nc },
    { provide: HoldfastClient, useValue: new HoldfastClient(nc, { timeout: 3_000, retry: false }) },
  ],
})
class App {}

const app = await NestFactory.create(App, { logger: ["warn", "error"] });
app.useGlobalFilters(new Errors());
app.connectMicroservice({
  strategy: new HoldfastServer(nc, { queue: "orders", concurrency: 100, deadLetter: "dead.orders" }),
});
gracefulShutdown(nc, { servers: app, delay: Number(SHUTDOWN_DELAY) });
await app.startAllMicroservices();
await app.listen(Number(PORT), HOST);
console.log(`listening on ${await app.getUrl()}`);
