"""Names of attributes, by OpenTelemetry's semantic conventions 1.44 (messaging, HTTP) and, where it has none, our own.

No attribute has the content of a message, a secret or an address of a person; users are not named at all.
"""

from __future__ import annotations

from typing import Final

SYSTEM: Final = "messaging.system"
KAFKA: Final = "kafka"
OPERATION_NAME: Final = "messaging.operation.name"
OPERATION_TYPE: Final = "messaging.operation.type"
DESTINATION: Final = "messaging.destination.name"
PARTITION: Final = "messaging.destination.partition.id"
OFFSET: Final = "messaging.kafka.offset"
GROUP: Final = "messaging.consumer.group.name"
MESSAGE_ID: Final = "messaging.message.id"
BATCH: Final = "messaging.batch.message_count"
ERROR_TYPE: Final = "error.type"

METHOD: Final = "http.request.method"
ROUTE: Final = "http.route"
STATUS: Final = "http.response.status_code"
SCHEME: Final = "url.scheme"
SERVER_ADDRESS: Final = "server.address"

FRAMES: Final = "resonance.frames"
STREAM: Final = "resonance.stream"
ALERT: Final = "resonance.alert.id"

PROCESS: Final = "process"
SEND: Final = "send"
