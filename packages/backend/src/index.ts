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
  LogicName,
  Program,
  UnaryName,
} from "./contract/program.ts";
export { instructions } from "./contract/program.ts";
export type { AttentionSettings, FusedKernel, KernelName, KernelSettings, ReduceKind, RequiredKernel } from "./contract/kernels.ts";
export type { Device, Kernel, KernelCall, KernelTable, Memory } from "./contract/device.ts";
export { DeviceError } from "./contract/errors.ts";
