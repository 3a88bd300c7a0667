import type { Attributes, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import type { Connection, Measurements, ReconnectInfo } from "../../index.js";
import { Ledger } from "../components/ledger.js";
import { DOWNTIME_BOUNDS, Observation } from "../observation.js";
import { COMPONENT_INSTRUMENTS } from "./component-instruments.js";
import { INSTRUMENTS, type InstrumentSpec, type Reading, type Values } from "./instruments.js";
import { SYSTEM } from "./operations.js";
import type { Troubles } from "./troubles.js";

/** All that there is to be read. */
const ALL: readonly InstrumentSpec[] = [...INSTRUMENTS, ...COMPONENT_INSTRUMENTS];

/** The figures of a connection, read when they are collected. */
export class ConnectionMetrics {
  private readonly nc: Connection;
  private readonly meter: Meter;
  private readonly troubles: Troubles;
  /** What all series of this connection have. The server is none of it: a counter that goes on elsewhere is the same counter. */
  private readonly attributes: Attributes;
  private readonly observation: Observation;
  private readonly measurements: Measurements;
  private readonly observables = new Map<Observable, InstrumentSpec>();
  /** Of each instrument, the attributes of series that are to become 0, by what they are. */
  private readonly faded = new Map<InstrumentSpec, Map<string, Attributes>>();
  private readonly onReconnect: (info: ReconnectInfo) => void;
  private onLast: (() => void) | undefined;

  /** @throws what the meter throws */
  constructor(nc: Connection, meter: Meter, clientId: string, troubles: Troubles) {
    this.nc = nc;
    this.meter = meter;
    this.troubles = troubles;
    this.attributes = { ...SYSTEM, "messaging.client.id": clientId };
    this.observation = Observation.of(nc);
    this.measurements = nc.measure();
    for (const spec of ALL) this.observables.set(make(meter, spec), spec);
    const downtimes = meter.createHistogram("nats.client.disconnection.duration", {
      unit: "s",
      description: "Time without a link, of each outage that has ended.",
      advice: { explicitBucketBoundaries: [...DOWNTIME_BOUNDS] },
    });
    this.onReconnect = ({ downtime }) => downtimes.record(downtime / 1000, this.attributes);
    nc.on("reconnect", this.onReconnect);
    meter.addBatchObservableCallback(this.collect, [...this.observables.keys()]);
  }

  /** Nothing more is collected. */
  stop(): void {
    this.nc.off("reconnect", this.onReconnect);
    this.measurements.stop();
    try {
      this.meter.removeBatchObservableCallback(this.collect, [...this.observables.keys()]);
    } catch (cause) {
      this.troubles.tell("the meter", cause);
    }
  }

  /** The connection is closed: calls `onLast` when this was collected once. */
  collectLast(onLast: () => void): void {
    this.onLast = onLast;
  }

  private readonly collect = (result: BatchObservableResult): void => {
    const { onLast } = this;
    try {
      const reading = this.read();
      for (const [observable, spec] of this.observables) {
        const read = spec.read(reading);
        const values = spec.fades === undefined ? read : this.fading(spec, spec.fades, read);
        for (const [value, attributes] of values)
          result.observe(observable, value, { ...this.attributes, ...attributes });
      }
    } catch (cause) {
      this.troubles.tell("the meter", cause);
    }
    // Not while callbacks are gone through.
    if (onLast !== undefined) queueMicrotask(onLast);
  };

  /** The values, and 0 for what was among them earlier. */
  private fading(spec: InstrumentSpec, remembered: number, values: Values): Values {
    const faded = this.faded.get(spec) ?? new Map<string, Attributes>();
    this.faded.set(spec, faded);
    const now = [...values];
    const keys = now.map(([, attributes]) => JSON.stringify(attributes));
    const before = [...faded]
      .filter(([key]) => !keys.includes(key))
      .map(([, attributes]) => [0, attributes] as const);
    for (const [index, [, attributes = {}]] of now.entries()) faded.set(keys[index], attributes);
    // What is forgotten stays as it was told last.
    while (faded.size > remembered) faded.delete(faded.keys().next().value!);
    return [...before, ...now];
  }

  private read(): Reading {
    const { nc, observation, measurements } = this;
    const components = Ledger.of(nc).look();
    return { health: nc.health(), observation, measurements, components, serverVersion: nc.info?.version };
  }
}

function make(meter: Meter, { name, kind, unit, description }: InstrumentSpec): Observable {
  const options = { unit, description };
  if (kind === "counter") return meter.createObservableCounter(name, options);
  if (kind === "up-down") return meter.createObservableUpDownCounter(name, options);
  return meter.createObservableGauge(name, options);
}
