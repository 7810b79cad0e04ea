# The grading sandbox: executes trainees' notebooks (step run) and packs' checks (step check). It holds Python, the
# locked scientific stack and our own code for these two steps; no pack, no check, no secret, no setuid program.
# Build context: the repository. deploy/images/build.sh builds it.
FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv fonts-wqy-microhei \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 61001 student && useradd --uid 61001 --gid student --no-create-home --home-dir /tmp student

COPY requirements/sandbox.txt /tmp/sandbox.txt
RUN python3 -m venv /opt/shixun \
 && /opt/shixun/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/sandbox.txt \
 && /opt/shixun/bin/pip uninstall -y --quiet pip setuptools \
 && rm /tmp/sandbox.txt \
 && find / -xdev -perm /6000 -type f -exec chmod a-s {} +

COPY labs/shixun_plants /opt/shixun/lib/shixun/shixun_plants
COPY graders/shixun_graders/__init__.py graders/shixun_graders/data.py graders/shixun_graders/protocol.py /opt/shixun/lib/shixun/shixun_graders/
COPY graders/shixun_graders/run /opt/shixun/lib/shixun/shixun_graders/run
COPY graders/shixun_graders/check /opt/shixun/lib/shixun/shixun_graders/check
# Compiled here once: the root is read-only where it runs, and compiling at each start would cost a second.
RUN /opt/shixun/bin/python -m compileall -q /opt/shixun/lib/shixun && chmod -R a+rX,go-w /opt/shixun/lib/shixun

USER 61001:61001
WORKDIR /tmp
ENV PYTHONPATH=/opt/shixun/lib/shixun
