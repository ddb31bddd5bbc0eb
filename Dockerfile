# Alpine keeps the image below 250 MB: every package has a musl wheel, so nothing is compiled.
FROM python:3.12-alpine AS packages
COPY requirements.txt .
RUN pip install --no-cache-dir --no-compile --only-binary=:all: --require-hashes \
        --target=/packages --requirement requirements.txt \
    # Names of places and carriers by phone prefix: nothing here asks for them.
    && rm -rf /packages/phonenumbers/geodata /packages/phonenumbers/carrierdata \
        /packages/phonenumbers/tzdata

FROM python:3.12-alpine
RUN adduser -D -H -u 10001 slotline && install -d -m 0700 -o slotline /data
ENV PYTHONPATH=/packages \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=packages /packages /packages
COPY core core
COPY bot bot
COPY webhooks webhooks
COPY migrations migrations
USER slotline
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/live', timeout=2)"]
CMD ["python", "-m", "bot", "serve"]
