//! The stable codes of refusals, with what people read.

use axum::http::StatusCode;

use crate::domain::Locale;

macro_rules! codes {
    ($($variant:ident $code:literal $status:ident $ko:literal $en:literal)*) => {
        /// Why a request was refused. Clients switch on the code; the text is for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = concat!("`", $code, "`: ", $en)] $variant,)*
        }

        impl Code {
            /// The code in JSON and in the `message` header of ERROR frames.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What people read.
            pub fn text(self, locale: Locale) -> &'static str {
                match (self, locale) { $((Self::$variant, Locale::Ko) => $ko, (Self::$variant, Locale::En) => $en,)* }
            }
        }
    };
}

codes! {
    Validation "VALIDATION" BAD_REQUEST "입력한 내용을 확인해 주세요." "Please check what you entered."
    MalformedJson "MALFORMED_JSON" BAD_REQUEST "요청 본문이 올바른 JSON이 아닙니다." "The request body is not valid JSON."
    NoToken "NO_TOKEN" UNAUTHORIZED "로그인이 필요합니다." "Please log in."
    InvalidToken "INVALID_TOKEN" UNAUTHORIZED "유효하지 않은 토큰입니다." "The token is not valid."
    TokenExpired "TOKEN_EXPIRED" UNAUTHORIZED "토큰이 만료되었습니다. 다시 로그인해주세요." "The token has expired. Please log in again."
    SessionRevoked "SESSION_REVOKED" UNAUTHORIZED "로그아웃된 세션입니다. 다시 로그인해주세요." "This session has ended. Please log in again."
    BadCredentials "BAD_CREDENTIALS" UNAUTHORIZED "이메일 또는 비밀번호가 올바르지 않습니다." "Wrong e-mail or password."
    Forbidden "FORBIDDEN" FORBIDDEN "허용되지 않은 요청입니다." "This is not allowed."
    NotParticipant "NOT_PARTICIPANT" FORBIDDEN "본인이 속하지 않은 채팅방입니다." "You are not in this room."
    NotOwner "NOT_OWNER" FORBIDDEN "방장만 할 수 있습니다." "Only the room's owner can do this."
    GuestForbidden "GUEST_FORBIDDEN" FORBIDDEN "게스트는 할 수 없습니다. 계정으로 전환해 주세요." "Guests cannot do this. Please make an account of it first."
    RegistrationClosed "REGISTRATION_CLOSED" FORBIDDEN "지금은 가입할 수 없습니다." "New accounts cannot be made here."
    Banned "BANNED" FORBIDDEN "이용이 제한되었습니다." "You are banned."
    Blocked "BLOCKED" FORBIDDEN "이 회원에게는 보낼 수 없습니다." "You cannot write to this member."
    WrongRoomPassword "WRONG_ROOM_PASSWORD" FORBIDDEN "채팅방 비밀번호가 올바르지 않습니다." "Wrong room password."
    RoomPasswordRejected "WRONG_ROOM_PASSWORD" UNAUTHORIZED "채팅방 비밀번호가 올바르지 않습니다." "Wrong room password."
    NotFound "NOT_FOUND" NOT_FOUND "찾을 수 없습니다." "Not found."
    RoomNotFound "ROOM_NOT_FOUND" NOT_FOUND "채팅방을 찾을 수 없습니다." "There is no such room."
    MemberNotFound "MEMBER_NOT_FOUND" NOT_FOUND "회원을 찾을 수 없습니다." "There is no such member."
    MessageNotFound "MESSAGE_NOT_FOUND" NOT_FOUND "메시지를 찾을 수 없습니다." "There is no such message."
    InviteInvalid "INVITE_INVALID" NOT_FOUND "초대 링크가 만료되었거나 올바르지 않습니다." "This invitation is not valid any more."
    MethodNotAllowed "METHOD_NOT_ALLOWED" METHOD_NOT_ALLOWED "지원하지 않는 메서드입니다." "This method is not supported here."
    RequestTimeout "REQUEST_TIMEOUT" REQUEST_TIMEOUT "요청 시간이 초과되었습니다." "The request took too long."
    EmailTaken "EMAIL_TAKEN" CONFLICT "이미 가입된 이메일입니다." "This e-mail is already registered."
    VersionConflict "VERSION_CONFLICT" CONFLICT "다른 곳에서 먼저 수정되었습니다." "Somebody changed this meanwhile."
    AlreadyLinked "ALREADY_LINKED" CONFLICT "이미 다른 계정에 연결되어 있습니다." "This is linked to another account already."
    LastWayIn "LAST_WAY_IN" CONFLICT "로그인할 수 있는 마지막 방법은 해제할 수 없습니다." "This is the only way to log in; it cannot be removed."
    RoomFull "ROOM_FULL" CONFLICT "채팅방이 가득 찼습니다." "The room is full."
    PayloadTooLarge "PAYLOAD_TOO_LARGE" PAYLOAD_TOO_LARGE "요청이 너무 큽니다." "The request is too large."
    MessageTooLong "MESSAGE_TOO_LONG" PAYLOAD_TOO_LARGE "메시지가 너무 깁니다." "The message is too long."
    UnsupportedMedia "UNSUPPORTED_MEDIA" UNSUPPORTED_MEDIA_TYPE "지원하지 않는 형식의 요청입니다." "This kind of content is not supported here."
    RangeNotSatisfiable "RANGE_NOT_SATISFIABLE" RANGE_NOT_SATISFIABLE "요청한 범위가 파일 밖에 있습니다." "The file does not have the part asked for."
    BadImage "BAD_IMAGE" UNSUPPORTED_MEDIA_TYPE "읽을 수 없거나 너무 큰 이미지입니다." "This image cannot be read, or has too many pixels."
    QuotaExceeded "QUOTA_EXCEEDED" FORBIDDEN "저장 공간을 모두 사용했습니다." "You have no room left for more files."
    RateLimited "RATE_LIMITED" TOO_MANY_REQUESTS "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요." "Too many requests. Please try again in a moment."
    TooManyConnections "TOO_MANY_CONNECTIONS" TOO_MANY_REQUESTS "동시 접속이 너무 많습니다. 다른 창을 닫고 다시 시도해 주세요." "You are connected too many times. Please close another window and try again."
    OAuthState "OAUTH_STATE" BAD_REQUEST "로그인 요청이 만료되었습니다. 다시 시도해 주세요." "This login has expired. Please try again."
    OAuthDenied "OAUTH_DENIED" FORBIDDEN "로그인이 취소되었습니다." "The login was cancelled."
    OAuthFailed "OAUTH_FAILED" BAD_GATEWAY "외부 로그인에 실패했습니다. 잠시 후 다시 시도해 주세요." "The other service did not answer as expected. Please try again in a moment."
    Internal "INTERNAL" INTERNAL_SERVER_ERROR "서버에 문제가 생겼습니다." "Something went wrong on the server."
    StorageFull "STORAGE_FULL" INSUFFICIENT_STORAGE "서버의 저장 공간이 부족합니다." "The server has no room left for files."
    Unavailable "UNAVAILABLE" SERVICE_UNAVAILABLE "지금은 처리할 수 없습니다. 잠시 후 다시 시도해 주세요." "The service cannot answer right now. Please try again in a moment."
}
