"""The plant beside a lab: how it is started and where it answers, the same in containers and in practice."""

from shixun_labs.tickets import Plant

HOST = "127.0.0.1"
PORTS = {"modbus": 5020, "opcua": 4840, "mqtt": 1883, "hmi": 8600}


def ports(plant: Plant) -> dict[str, int]:
    """The ports that this plant takes, its screen's included, by protocol. A recorded one has a screen and nothing else."""
    spoken = () if plant.recorded else plant.protocols
    return {name: port for name, port in PORTS.items() if name == "hmi" or name in spoken}


def arguments(plant: Plant) -> list[str]:
    """What follows `python -m shixun_plants`."""
    if plant.recorded:
        return ["show", plant.kind, "--host", HOST, "--hmi-port", str(PORTS["hmi"])]
    chosen = [word for name, port in ports(plant).items() for word in (f"--{name}-port", str(port))]
    protocols = ",".join(plant.protocols)
    return ["run", plant.kind, "--host", HOST, "--protocols", protocols, *chosen, "--speed", str(plant.speed)]


def environment(plant: Plant) -> dict[str, str]:
    """Environment variables that tell a lab where its plant answers; OPC UA as the endpoint's URL, the others as host:port."""
    where = {name: f"{HOST}:{port}" for name, port in ports(plant).items()}
    if "opcua" in where:
        where["opcua"] = f"opc.tcp://{where['opcua']}"
    return {f"SHIXUN_PLANT_{name.upper()}": address for name, address in where.items()}
