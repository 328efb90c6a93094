# One image for the three services and the command `pressrun`.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/run.lock ./
RUN python3 -m venv /opt/pressrun \
 && /opt/pressrun/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r run.lock
COPY pyproject.toml README.md LICENSE* ./
COPY shared shared
COPY services services
COPY deploy/as_replica.py ./
RUN install -m 755 as_replica.py /opt/pressrun/bin/as-replica \
 && /opt/pressrun/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && /opt/pressrun/bin/pip uninstall --quiet --yes pip

FROM python:3.13-slim
# A number, so that the owner of the volumes stays the same whatever users the base image has.
RUN groupadd --gid 10001 pressrun \
 && useradd --uid 10001 --gid pressrun --no-create-home --home-dir /data --shell /usr/sbin/nologin pressrun \
 && mkdir -p /data/site /data/media /data/replicas \
 && chown -R pressrun:pressrun /data
COPY --from=build /opt/pressrun /opt/pressrun
# Uvicorn reads its options from UVICORN_*: the same for the three services, which differ only in their application.
ENV PATH=/opt/pressrun/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PRESSRUN_DATA=/data \
    UVICORN_HOST=0.0.0.0 \
    UVICORN_PORT=8000 \
    UVICORN_LOOP=uvloop \
    UVICORN_HTTP=shared.http_protocol:HttpProtocol \
    UVICORN_ACCESS_LOG=false \
    UVICORN_LOG_LEVEL=warning \
    UVICORN_PROXY_HEADERS=false \
    UVICORN_BACKLOG=2048 \
    UVICORN_TIMEOUT_KEEP_ALIVE=30 \
    UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN=5
WORKDIR /data
USER 10001:10001
CMD ["pressrun", "--help"]
