import { createRegistry, type DescFile, type DescService, type Registry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ConnectRouter } from "@connectrpc/connect";
import { file_google_rpc_error_details } from "../proto/generated/google/rpc/error_details_pb.ts";
import { ServerReflection } from "../proto/generated/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../proto/generated/grpc/reflection/v1alpha/reflection_pb.ts";

/** The fields of a request that both protocol versions share. */
interface ReflectionRequest {
  host: string;
  messageRequest:
    | { case: "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType" | "listServices"; value: string }
    | { case: "fileContainingExtension"; value: { containingType: string; extensionNumber: number } }
    | { case: undefined; value?: undefined };
}

/**
 * Serves server reflection, v1 and for older tools v1alpha, for the services of `router`: `grpcurl`
 * then needs no .proto files.
 */
export function addReflectionService(router: ConnectRouter): void {
  let index: DescriptorIndex | undefined;
  async function* answerAll<Q extends ReflectionRequest>(questions: AsyncIterable<Q>) {
    // Built on the first question, when all services are registered.
    index ??= new DescriptorIndex(new Set(router.handlers.map(({ service }) => service)));
    for await (const question of questions)
      yield {
        validHost: question.host,
        originalRequest: question,
        messageResponse: index.answer(question.messageRequest),
      };
  }
  router.service(ServerReflection, { serverReflectionInfo: answerAll });
  router.service(ServerReflectionAlpha, { serverReflectionInfo: answerAll });
}

class DescriptorIndex {
  readonly #services: ReadonlySet<DescService>;
  readonly #files: readonly DescFile[];
  readonly #registry: Registry;

  constructor(services: ReadonlySet<DescService>) {
    this.#services = services;
    // Errors carry types that no method names.
    this.#files = withImports([...[...services].map(({ file }) => file), file_google_rpc_error_details]);
    this.#registry = createRegistry(...this.#files);
  }

  answer(asked: ReflectionRequest["messageRequest"]) {
    switch (asked.case) {
      case "listServices":
        return {
          case: "listServicesResponse",
          value: { service: [...this.#services].map(({ typeName: name }) => ({ name })) },
        } as const;
      case "fileByFilename":
        return fileDescriptorResponse(this.#files.find(({ proto }) => proto.name === asked.value));
      case "fileContainingSymbol":
        return fileDescriptorResponse(this.#fileOf(asked.value));
      case "fileContainingExtension":
        return fileDescriptorResponse(
          this.#extensionsOf(asked.value.containingType).find(({ number }) => number === asked.value.extensionNumber)
            ?.file,
        );
      case "allExtensionNumbersOfType": {
        if (!this.#registry.getMessage(asked.value)) return notFoundResponse;
        const extensionNumber = this.#extensionsOf(asked.value).map(({ number }) => number);
        return { case: "allExtensionNumbersResponse", value: { baseTypeName: asked.value, extensionNumber } } as const;
      }
      default:
        return {
          case: "errorResponse",
          value: { errorCode: Code.InvalidArgument, errorMessage: "the request is empty" },
        } as const;
    }
  }

  /** A method, field or enum value is in the file of its owner. */
  #fileOf(symbol: string): DescFile | undefined {
    const owner = symbol.slice(0, symbol.lastIndexOf("."));
    return (this.#registry.get(symbol) ?? (owner === "" ? undefined : this.#registry.get(owner)))?.file;
  }

  #extensionsOf(message: string) {
    return [...this.#registry]
      .filter((type) => type.kind === "extension")
      .filter(({ extendee }) => extendee.typeName === message);
  }
}

const notFoundResponse = {
  case: "errorResponse",
  value: { errorCode: Code.NotFound, errorMessage: "not found" },
} as const;

/** Answers with the file and its imports, which the client would ask for next. */
function fileDescriptorResponse(file: DescFile | undefined) {
  if (!file) return notFoundResponse;
  const fileDescriptorProto = withImports([file]).map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } } as const;
}

function withImports(roots: readonly DescFile[]): DescFile[] {
  const files = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (files.has(file)) return;
    files.add(file);
    file.dependencies.forEach(add);
  };
  roots.forEach(add);
  return [...files];
}
