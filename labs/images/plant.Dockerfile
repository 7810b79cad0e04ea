# The plant beside a lab: a simulator with Modbus TCP, OPC UA, MQTT and its screen, as a non-root user on a read-only root.
# Build context: the repository. deploy/images/build.sh builds it.
FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10002 plant && useradd --uid 10002 --gid plant --no-create-home --home-dir /plant --shell /usr/sbin/nologin plant \
 && mkdir -p /plant && chown plant:plant /plant

COPY requirements/plant.txt /tmp/plant.txt
RUN python3 -m venv /opt/shixun \
 && /opt/shixun/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/plant.txt \
 && rm /tmp/plant.txt

COPY labs/shixun_plants/ /opt/shixun/lib/python3.11/site-packages/shixun_plants/
# Compiled here: the root is read-only later, and every start of every trainee's plant would compile again.
RUN find /opt/shixun/lib/python3.11/site-packages/shixun_plants -name __pycache__ -prune -exec rm -rf {} + \
 && /opt/shixun/bin/python -m compileall -q /opt/shixun/lib/python3.11/site-packages/shixun_plants \
 && /opt/shixun/bin/python -m shixun_plants run bottling --help > /dev/null

ENV PATH=/opt/shixun/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10002:10002
WORKDIR /plant
EXPOSE 5020 4840 1883 8600
# No ENTRYPOINT: the spawner and the graders give the whole command. Exec form, so that the plant itself hears SIGTERM.
CMD ["/opt/shixun/bin/python", "-m", "shixun_plants", "run", "bottling", "--log", "/plant/log.jsonl"]
