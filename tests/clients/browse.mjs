// Browses and reads a plant's PackML instance with node-opcua: browse.mjs URL prints one JSON object.
import { AttributeIds, MessageSecurityMode, OPCUAClient, SecurityPolicy, coerceNodeId, makeBrowsePath } from "node-opcua-client";

const client = OPCUAClient.create({
  endpointMustExist: false,
  securityMode: MessageSecurityMode.None,
  securityPolicy: SecurityPolicy.None,
  connectionStrategy: { maxRetry: 3 },
});
await client.connect(process.argv[2]);
const session = await client.createSession();
const namespaces = await session.readNamespaceArray();
const packml = namespaces.indexOf("http://opcfoundation.org/UA/PackML/");
const plants = namespaces.indexOf("urn:shixun:plants");
const base = `/${packml}:PackMLObjects/${plants}:BottlingLine`;

async function find(path) {
  const result = await session.translateBrowsePath(makeBrowsePath("ObjectsFolder", base + path));
  return result.targets[0].targetId;
}
async function value(node) {
  const found = await session.read({ nodeId: node, attributeId: AttributeIds.Value });
  return { status: found.statusCode.name, value: found.value.value, type: found.value.dataType, at: found.sourceTimestamp };
}

const line = await find("");
const children = (await session.browse(line)).references.map((reference) => reference.browseName.toString());
const type = await session.browse({ nodeId: line, browseDirection: "Forward", referenceTypeId: "HasTypeDefinition", resultMask: 63 });
const execute = "/" + [`${packml}:BaseStateMachine`, `${packml}:MachineState`, `${packml}:ExecuteState`, "0:CurrentState"].join("/");
const speed = await find(`/${packml}:Status/${packml}:CurMachSpeed`);
const range = await value(await find(`/${packml}:Status/${packml}:CurMachSpeed/0:EURange`));
const temperature = coerceNodeId(`ns=${plants};s=filler.temperature`);
const setpoint = coerceNodeId(`ns=${plants};s=line.speed_setpoint`);
async function write(number) {
  const wished = { nodeId: setpoint, attributeId: AttributeIds.Value, value: { value: { dataType: "Double", value: number } } };
  return (await session.write(wished)).name;
}
const stop = await find(`/${packml}:BaseStateMachine/${packml}:MachineState/${packml}:Stop`);
const machine = await find(`/${packml}:BaseStateMachine/${packml}:MachineState`);
// In one request, so that the line can't go on in between.
const [state, number] = await session.read([
  { nodeId: await find(execute), attributeId: AttributeIds.Value },
  { nodeId: await find(execute + "/0:Number"), attributeId: AttributeIds.Value },
]);
const report = {
  children,
  type: type.references.map((reference) => reference.browseName.toString()),
  state: state.value.value.text,
  number: number.value.value,
  speed: await value(speed),
  range: [range.value.low, range.value.high],
  temperature: await value(temperature),
  written: [await write(50), await write(5)],
  called: (await session.call({ objectId: machine, methodId: stop })).statusCode.name,
};
await session.close();
await client.disconnect();
process.stdout.write(JSON.stringify(report));
