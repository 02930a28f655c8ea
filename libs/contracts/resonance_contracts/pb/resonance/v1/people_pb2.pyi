from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class UserErased(_message.Message):
    __slots__ = ("user_key", "erased_us", "erasure_id")
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    ERASED_US_FIELD_NUMBER: _ClassVar[int]
    ERASURE_ID_FIELD_NUMBER: _ClassVar[int]
    user_key: str
    erased_us: int
    erasure_id: str
    def __init__(self, user_key: _Optional[str] = ..., erased_us: _Optional[int] = ..., erasure_id: _Optional[str] = ...) -> None: ...
