# The lab: JupyterLab with nbgrader's assignment list, as one non-root user on a read-only root.
# Build context: the repository. deploy/images/build.sh builds it.
FROM debian:bookworm-slim

RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-venv fonts-wqy-microhei tzdata \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 lab && useradd --uid 10001 --gid lab --no-create-home --home-dir /home/lab --shell /bin/bash lab \
 && mkdir -p /home/lab && chown lab:lab /home/lab

COPY requirements/lab.txt /tmp/lab.txt
RUN python3 -m venv /opt/shixun \
 && /opt/shixun/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/lab.txt \
 && rm /tmp/lab.txt /opt/shixun/etc/jupyter/jupyter_server_config.d/*.json

COPY labs/images/translate_nbgrader.py /opt/shixun/share/shixun/
RUN /opt/shixun/bin/python /opt/shixun/share/shixun/translate_nbgrader.py \
    /opt/shixun/share/jupyter/labextensions/@jupyter/nbgrader /opt/shixun/share/shixun/zh/@jupyter/nbgrader

COPY labs/images/lab/ /opt/shixun/etc/jupyter/
COPY labs/shixun_labs/__init__.py /opt/shixun/lib/python3.11/site-packages/shixun_labs/
COPY labs/shixun_labs/exchange/ /opt/shixun/lib/python3.11/site-packages/shixun_labs/exchange/
# Fonts are found once, here: on a read-only root every kernel would search again. The launcher is tried against these very versions.
RUN mv /opt/shixun/etc/jupyter/matplotlibrc /opt/shixun/etc/matplotlibrc \
 && mkdir -p /opt/shixun/etc/ipython && mv /opt/shixun/etc/jupyter/ipython_config.py /opt/shixun/etc/ipython/ \
 && find /opt/shixun/lib/python3.11/site-packages/shixun_labs -name __pycache__ -prune -exec rm -rf {} + \
 && /opt/shixun/bin/python -m compileall -q /opt/shixun/lib/python3.11/site-packages/shixun_labs \
 && mkdir -p /opt/shixun/share/matplotlib \
 && MPLCONFIGDIR=/opt/shixun/share/matplotlib MATPLOTLIBRC=/opt/shixun/etc/matplotlibrc /opt/shixun/bin/python -c "import matplotlib.font_manager" \
 && /opt/shixun/bin/python -c "from shixun_labs.exchange import launch; launch.leave_out(); import jupyterhub.singleuser.extension, jupyterlab.labapp"

ENV PATH=/opt/shixun/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/home/lab \
    LANG=C.UTF-8 \
    MATPLOTLIBRC=/opt/shixun/etc/matplotlibrc \
    MPLCONFIGDIR=/tmp/matplotlib \
    IPYTHONDIR=/tmp/ipython \
    JUPYTER_RUNTIME_DIR=/tmp/jupyter \
    JUPYTER_PREFER_ENV_PATH=1 \
    JUPYTERHUB_DISABLE_USER_CONFIG=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /home/lab
EXPOSE 8888
CMD ["python", "-m", "shixun_labs.exchange.launch"]
