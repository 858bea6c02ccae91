/** Which parameters something is done to, by their path and shape. */
export type ParameterFilter = (path: string, shape: readonly number[]) => boolean;

/** Matrices and whatever has more axes: not biases and the weights of norms, which weight decay would only pull away from where they work. */
export const matrices: ParameterFilter = (_, shape) => shape.length >= 2;

/** Every parameter. */
export const everything: ParameterFilter = () => true;
