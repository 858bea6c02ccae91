export type { ComputeType, DType, HostArray, HostArrayOf } from "./contract/dtype.ts";
export { bytesPerElement, hostArray } from "./contract/dtype.ts";
export type { Buffer, Operand, OutputSpec } from "./contract/operand.ts";
export { contiguousStrides, elementCount, isContiguous } from "./contract/operand.ts";
export type {
  BinaryName,
  ComparisonName,
  ConversionName,
  Instruction,
  InstructionName,
  InstructionRule,
  LogicName,
  Program,
  TypeRule,
  UnaryName,
} from "./contract/program.ts";
export { instructions } from "./contract/program.ts";
export type {
  AttentionGradientSettings,
  AttentionSettings,
  FusedKernel,
  KernelName,
  KernelSettings,
  ReduceKind,
  RequiredKernel,
} from "./contract/kernels.ts";
export type { AttentionOperands } from "./contract/attentionOperands.ts";
export { attentionOperands } from "./contract/attentionOperands.ts";
export type { Device, Kernel, KernelCall, KernelTable, Memory, Place } from "./contract/device.ts";
export type { Recorded, RecordedCall, RecordedUpload, Recording, Replayed } from "./contract/recording.ts";
export type { RecordingHost, ReplayStep } from "./recording/callRecording.ts";
export { advanced, CallRecording } from "./recording/callRecording.ts";
export { sameRecorded } from "./recording/sameRecorded.ts";
export { DeviceError } from "./contract/errors.ts";
export type { ReferenceOptions } from "./reference/reference.ts";
export { reference } from "./reference/reference.ts";
export type { DeviceFactory } from "./firstAvailable.ts";
export { firstAvailable } from "./firstAvailable.ts";
export type { ProfiledDevice, ProfileOptions } from "./profile/profiled.ts";
export { profiled } from "./profile/profiled.ts";
export type { Profile, ProfileSum, Trace, TraceEvent } from "./profile/profile.ts";
export type { Work } from "./profile/work.ts";
export { workOf } from "./profile/work.ts";
export type { ShapesOnlyOptions } from "./shapes/shapesOnly.ts";
export { shapesOnly } from "./shapes/shapesOnly.ts";
export { programType, registerTypes } from "./validate/programType.ts";
export type { ProgramTypes } from "./validate/validateCall.ts";
export { validateCall } from "./validate/validateCall.ts";
export { takeovers } from "./validate/takeovers.ts";
export type { Strided } from "./strided/coalesce.ts";
export { coalesce } from "./strided/coalesce.ts";
export { dense } from "./strided/dense.ts";
export { positions } from "./strided/positions.ts";
export { decodeBfloat16, encodeBfloat16 } from "./numbers/bfloat16.ts";
export { decodeFloat16, encodeFloat16 } from "./numbers/float16.ts";
export { erf } from "./numbers/erf.ts";
export { threefry } from "./numbers/threefry.ts";
