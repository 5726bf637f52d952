import type { NodePorts } from "@causeway/client/node";

/** Ports over which nothing but files is reached: no route that a list names is learned. */
export function filesAlone(ports: NodePorts): NodePorts {
  const { transport } = ports;
  return {
    ...ports,
    transport: {
      open: (request) => transport.open(request),
      placeOf: () => "nowhere",
      close: () => transport.close(),
    },
  };
}
