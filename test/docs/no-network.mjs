// For `node --import`: whoever wants to reach another host fails, and says where to on stderr.
import dns from "node:dns";
import net from "node:net";

const LOCAL = /^(localhost|127\.|::1$|\[::1\]$)/;

function refuse(host) {
  process.stderr.write(`no-network: ${host}\n`);
  throw new Error(`this process wants to reach ${host}`);
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [first] = Array.isArray(args[0]) ? args[0] : args;
  const { host = "localhost", path } = typeof first === "object" ? first : { host: args[1] };
  if (path === undefined && !LOCAL.test(host)) refuse(host);
  return connect.apply(this, args);
};

for (const home of [dns, dns.promises]) {
  const { lookup } = home;
  home.lookup = function (host, ...rest) {
    if (!LOCAL.test(host)) refuse(host);
    return lookup.call(this, host, ...rest);
  };
}
